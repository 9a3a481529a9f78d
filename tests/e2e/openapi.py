"""An OpenAPI document, and whether answers are what it says: the part of JSON
Schema that docs/openapi.json uses; anything else in it is an error."""
import json
import os

TYPES = {"string": str, "boolean": bool, "integer": int, "object": dict,
         "array": list, "null": type(None)}
SILENT = {"description"}


class Api:
    def __init__(self, source):
        with open(os.path.join(source, "docs", "openapi.json"),
                  encoding="utf-8") as f:
            self.text = f.read()
        self.document = json.loads(self.text)
        self.seen = set()  # places of properties that were there

    def resolve(self, part):
        while "$ref" in part:
            at = self.document
            for step in part["$ref"].removeprefix("#/").split("/"):
                at = at[step]
            part = at
        return part

    def paths(self):
        return set(self.document["paths"])

    def parameters(self, path, where):
        found = [self.resolve(one) for one in self.document["paths"][path]
                 ["get"].get("parameters", [])]
        return [one["name"] for one in found if one["in"] == where]

    def schema(self, path, status, kind):
        answer = self.resolve(
            self.document["paths"][path]["get"]["responses"][str(status)])
        return answer["content"][kind]["schema"]

    def check(self, value, schema, place=""):
        """Raises an AssertionError that names the place of what is not as
        it is said."""
        name = schema.get("$ref", "").rpartition("/")[2]
        schema, place = self.resolve(schema), name or place
        for key in schema:
            assert key in SILENT or hasattr(self, "on_" + key.lower()), \
                f"{place}: {key} is not understood"
            if key not in SILENT:
                getattr(self, "on_" + key.lower())(value, schema, place)

    def on_type(self, value, schema, place):
        kinds = schema["type"]
        kinds = kinds if isinstance(kinds, list) else [kinds]
        assert type(value) in [TYPES[kind] for kind in kinds], \
            f"{place}: {value!r} is no {kinds}"

    @staticmethod
    def on_enum(value, schema, place):
        assert value in schema["enum"], f"{place}: {value!r}"

    @staticmethod
    def on_required(value, schema, place):
        missing = [key for key in schema["required"] if key not in value]
        assert not missing, f"{place} has no {missing}"

    def on_properties(self, value, schema, place):
        for key, of in schema["properties"].items():
            if key in value:
                self.seen.add(f"{place}.{key}")
                self.check(value[key], of, f"{place}.{key}")

    def on_additionalproperties(self, value, schema, place):
        of = schema["additionalProperties"]
        for key in set(value) - set(schema.get("properties", {})):
            assert of, f"{place}: {key} is not in the document"
            self.check(value[key], of, f"{place}.{key}")

    def on_items(self, value, schema, place):
        for one in value:
            self.check(one, schema["items"], place + "[]")

    def on_oneof(self, value, schema, place):
        one, null = schema["oneOf"]
        assert null == {"type": "null"}, place
        if value is not None:
            self.check(value, one, place)

    def properties(self):
        """The places of all properties that the document has."""
        found = set()

        def walk(schema, place):
            name = schema.get("$ref", "").rpartition("/")[2]
            if name:
                return  # of the document's own schemas
            for key, of in schema.get("properties", {}).items():
                found.add(f"{place}.{key}")
                walk(of, f"{place}.{key}")
            if "items" in schema:
                walk(schema["items"], place + "[]")

        for name, schema in self.document["components"]["schemas"].items():
            walk(schema, name)
        return found

    def path_of(self, address):
        """The path of the document that an address is."""
        parts = address.partition("?")[0].split("/")
        for path in self.paths():
            told = path.split("/")
            if len(told) == len(parts) and all(
                    a == b or a.startswith("{") and b
                    for a, b in zip(told, parts)):
                return path
        raise AssertionError(f"{address} is not in the document")

    def check_answer(self, address, answer):
        path = self.path_of(address)
        self.check(answer, self.schema(path, 200, "application/json"), path)
