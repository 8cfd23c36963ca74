// A photo that is zoomed and moved: by wheel, two fingers, double click and the buttons.

const MOST = 12;
const STEP = 1.6;

export class Zoom {
  // `stage` is what is seen, `held` what is moved in it.
  constructor(stage, held) {
    this.stage = stage;
    this.held = held;
    this.scale = 1;
    this.x = this.y = 0;
    this.pointers = new Map();
    stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    stage.addEventListener("dblclick", (event) => { if (!event.target.closest("button")) this.toggle(event); });
    stage.addEventListener("pointerdown", (event) => this.#down(event));
    stage.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      stage.addEventListener(name, (event) => this.pointers.delete(event.pointerId));
    }
  }

  get active() {
    return this.scale > 1;
  }

  toggle(point) {
    this.to(this.active ? 1 : 2.5, point);
  }

  step(by, point) {
    this.to(by > 0 ? this.scale * STEP : this.scale / STEP, point);
  }

  // Zooms so that what is under the point, or in the middle, stays where it is.
  to(wished, point) {
    const scale = Math.min(MOST, Math.max(1, wished));
    const box = this.stage.getBoundingClientRect();
    const middle = { x: box.left + box.width / 2, y: box.top + box.height / 2 };
    const from = { x: (point?.clientX ?? middle.x) - middle.x, y: (point?.clientY ?? middle.y) - middle.y };
    const share = scale / this.scale;
    this.x = from.x - (from.x - this.x) * share;
    this.y = from.y - (from.y - this.y) * share;
    this.scale = scale;
    this.#draw();
  }

  #draw() {
    const { offsetWidth: width, offsetHeight: height } = this.held;
    const most = (size, room) => Math.max(0, (size * this.scale - room) / 2);
    const clamp = (value, limit) => Math.min(limit, Math.max(-limit, value));
    this.x = this.scale === 1 ? 0 : clamp(this.x, most(width, this.stage.clientWidth));
    this.y = this.scale === 1 ? 0 : clamp(this.y, most(height, this.stage.clientHeight));
    this.held.style.transform = this.active ? `translate(${this.x}px, ${this.y}px) scale(${this.scale})` : "";
    this.stage.classList.toggle("zoomed", this.active);
    this.stage.dataset.scale = this.scale.toFixed(2);
  }

  #wheel(event) {
    event.preventDefault();
    this.to(this.scale * Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0018)), event);
  }

  #down(event) {
    if (event.target.closest("button") || (event.pointerType === "mouse" && event.button !== 0)) return;
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.active || this.pointers.size > 1) this.stage.setPointerCapture(event.pointerId);
  }

  #move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (others.length) {
      const [other] = others;
      const away = (point) => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
      const share = away({ x: event.clientX, y: event.clientY }) / away(before);
      this.to(this.scale * share, { clientX: (event.clientX + other.x) / 2, clientY: (event.clientY + other.y) / 2 });
    } else if (this.active) {
      this.x += event.clientX - before.x;
      this.y += event.clientY - before.y;
      this.#draw();
    }
  }
}
