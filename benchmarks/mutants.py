"""Mutants: single changes of a module's source, such as a tired programmer makes."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Mutant", "mutants"]

_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}


@dataclass(frozen=True)
class Mutant:
    """A module with a single change.

    Attributes:
        line: the line of the change, from 1.
        change: the expression or statement before and after, as `ast.unparse` writes it.
        tree: the syntax tree of the whole module.
    """

    line: int
    change: str
    tree: ast.Module


def mutants(source: str) -> list[Mutant]:
    r"""Return all single changes of a module, in the order of its lines.

    Docstrings, annotations, messages of errors, `__all__` and what only types need stay.

    >>> [each.change for each in mutants("def f(a):\n    return a < 1")]
    ['return a < 1 -> return None', 'a < 1 -> a <= 1', 'a < 1 -> a >= 1', 'a < 1 -> a < 2']
    """
    tree = ast.parse(source)
    changed = []
    for number, node in enumerate(_nodes(tree)):
        for variant in range(len(list(_changes(node)))):
            copied = copy.deepcopy(tree)
            target = list(_nodes(copied))[number]
            other = list(_changes(target))[variant]
            shown = _shown_by(copied, target)
            before = _first_line(shown)
            _put(copied, target, other)
            after = _first_line(other if shown is target else shown)
            line: int = getattr(node, "lineno", 0)
            tree_after = ast.fix_missing_locations(copied)
            changed.append(Mutant(line, f"{before} -> {after}", tree_after))
    return changed


def _shown_by(tree: ast.Module, node: ast.AST) -> ast.AST:
    """Return the expression or statement to show for a change: a number alone says little."""
    parents = {part: whole for whole in ast.walk(tree) for part in ast.iter_child_nodes(whole)}
    if isinstance(node, ast.Constant):
        node = parents[node]
    while isinstance(node, (ast.Slice, ast.keyword, ast.Tuple, ast.UnaryOp, ast.arguments)):
        node = parents[node]
    return node


def _first_line(node: ast.AST) -> str:
    return ast.unparse(node).strip().partition("\n")[0]


def _nodes(tree: ast.Module) -> Iterator[ast.AST]:
    """Return the nodes that may change, in order."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if _stays(node):
            continue
        if not isinstance(node, ast.Module):
            yield node
        waiting += reversed(list(_parts(node)))


def _stays(node: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Raise() | ast.Assert():
            return True
        case ast.Expr(value=ast.Constant()):  # a docstring
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case _:
            return False


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params", "bases"):
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                yield part


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """Return the possible replacements of a node."""
    yield from _of_operation(node)
    yield from _of_constant(node)
    yield from _of_flow(node)


def _of_operation(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(ops=[op]):
            for other in _COMPARED[type(op)]:
                yield ast.Compare(node.left, [other()], node.comparators)
        case ast.BinOp(op=operator) if type(operator) in _COMPUTED and not _is_text(node):
            yield ast.BinOp(node.left, _COMPUTED[type(operator)](), node.right)
        case ast.AugAssign(op=operator) if type(operator) in _COMPUTED:
            yield ast.AugAssign(node.target, _COMPUTED[type(operator)](), node.value)
        case ast.BoolOp(op=joint):
            yield ast.BoolOp(ast.Or() if isinstance(joint, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand


def _of_constant(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(value=float() as value):
            yield ast.Constant(value * 2 if value else 1.0)
        case ast.Constant(value=bytes() as value) if value:
            yield ast.Constant(bytes([value[0] ^ 1]) + value[1:])


def _of_flow(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield ast.Return(ast.Constant(None))
        case ast.If(test=test) if not isinstance(test, (ast.Compare, ast.UnaryOp, ast.BoolOp)):
            yield ast.If(ast.UnaryOp(ast.Not(), test), node.body, node.orelse)
        case ast.IfExp():
            yield ast.IfExp(node.test, node.orelse, node.body)
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()
        case ast.Break() | ast.Continue():
            yield ast.Continue() if isinstance(node, ast.Break) else ast.Break()
        case ast.Call(keywords=[*_, ast.keyword(arg=str())]):
            yield ast.Call(node.func, node.args, node.keywords[:-1])


def _is_text(node: ast.BinOp) -> bool:
    """Return whether an operation joins texts; a mutant that subtracts them is just an error."""
    return any(isinstance(each, ast.JoinedStr) for each in (node.left, node.right))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _put(tree: ast.Module, target: ast.AST, other: ast.AST) -> None:
    """Replace a node by another one.

    Raises:
        LookupError: the node is not in the tree.
    """
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, name, other)
                return
            if isinstance(value, list) and any(each is target for each in value):
                value[:] = [other if each is target else each for each in value]
                return
    raise LookupError(target)
