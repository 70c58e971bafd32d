"""schema_check.py SCHEMA JSON: a JSON Schema validator's word on both."""
import json
import sys

import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
with open(sys.argv[2], encoding="utf-8") as file:
    spec = json.load(file)
errors = list(jsonschema.Draft202012Validator(schema).iter_errors(spec))
for error in errors:
    print(f"{'.'.join(map(str, error.absolute_path))}: {error.message}")
sys.exit(bool(errors))
