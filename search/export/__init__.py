"""An index or hits as files for other programs: Parquet and COCO."""
