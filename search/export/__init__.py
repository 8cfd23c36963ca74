"""An index or hits as files of other programs: Parquet and COCO."""
