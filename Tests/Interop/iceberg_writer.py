"""A writer of Iceberg tables over pyarrow, fastavro and pyroaring that shares no code with wequery, pyiceberg or DuckDB.

It writes what those cannot: format 3, every kind of delete, defaults, row lineage. It follows the specification alone and
keeps all metadata as plain dictionaries, so that a test can say anything with it.
"""
import json
import struct
import uuid
import zlib
from pathlib import Path

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
from pyroaring import BitMap64

PATH_ID, POS_ID, ROW_ID = 2147483546, 2147483545, 2147483544
DATA, POSITION_DELETES, EQUALITY_DELETES = 0, 1, 2

ARROW = {
    "boolean": pa.bool_(), "int": pa.int32(), "long": pa.int64(), "float": pa.float32(), "double": pa.float64(),
    "date": pa.date32(), "time": pa.time64("us"), "timestamp": pa.timestamp("us"), "timestamptz": pa.timestamp("us", "UTC"),
    "timestamp_ns": pa.timestamp("ns"), "timestamptz_ns": pa.timestamp("ns", "UTC"), "string": pa.string(),
    "uuid": pa.binary(16), "binary": pa.binary(),
}


def arrow_type(kind):
    """The Arrow type of an Iceberg type, nested ones with the ids of their parts."""
    if isinstance(kind, dict):
        if kind["type"] == "struct":
            return pa.struct([arrow_field(field) for field in kind["fields"]])
        if kind["type"] == "list":
            return pa.list_(arrow_field({"id": kind["element-id"], "name": "element", "type": kind["element"], "required": kind["element-required"]}))
        return pa.map_(arrow_field({"id": kind["key-id"], "name": "key", "type": kind["key"], "required": True}),
                       arrow_field({"id": kind["value-id"], "name": "value", "type": kind["value"], "required": False}))
    if kind.startswith("decimal"):
        precision, scale = kind[8:-1].split(",")
        return pa.decimal128(int(precision), int(scale))
    return pa.binary(int(kind[6:-1])) if kind.startswith("fixed") else ARROW[kind]


def arrow_field(field):
    return pa.field(field["name"], arrow_type(field["type"]), nullable=not field.get("required"),
                    metadata={"PARQUET:field_id": str(field["id"])})


def optional(name, kind, field_id):
    return {"name": name, "type": ["null", kind], "default": None, "field-id": field_id}


def required(name, kind, field_id):
    return {"name": name, "type": kind, "field-id": field_id}


def id_map(key, value, kind):
    return {"type": "array", "logicalType": "map", "items": {"type": "record", "name": f"k{key}_v{value}", "fields": [
        required("key", "int", key), required("value", kind, value)]}}


class Writer:
    """One table. Each `commit` makes a snapshot and a metadata file."""

    def __init__(self, folder, fields, version, spec=(), properties=None, stored=None):
        """`stored` is how the folder is spelled in metadata: as another place, perhaps."""
        self.folder, self.version = Path(folder), version
        self.location = stored or f"file://{self.folder}"
        for part in ("data", "metadata"):
            (self.folder / part).mkdir(parents=True)
        self.schemas = [{"type": "struct", "schema-id": 0, "fields": list(fields)}]
        self.specs = [{"spec-id": 0, "fields": list(spec)}]
        self.last_id = max(field["id"] for field in fields)
        self.properties = properties or {}
        self.snapshots, self.log, self.manifests, self.metadata_log = [], [], [], []
        self.sequence, self.next_row, self.clock, self.files = 0, 0, 1_700_000_000_000, 0
        # By path: the data file's first row id, and its data sequence number.
        self.row_ids, self.sequences = {}, {}

    # What the table is now.

    @property
    def fields(self):
        return self.schemas[-1]["fields"]

    @property
    def spec(self):
        return self.specs[-1]

    def evolve(self, change):
        """Adds a schema: `change` takes the fields and returns the new ones."""
        fields = change([dict(field) for field in self.fields])
        self.last_id = max([self.last_id] + [field["id"] for field in fields])
        self.schemas.append({"type": "struct", "schema-id": len(self.schemas), "fields": fields})

    def respec(self, fields):
        self.specs.append({"spec-id": len(self.specs), "fields": list(fields)})

    # Files.

    def local(self, path):
        return Path(str(self.folder) + path.removeprefix(self.location))

    def path(self, suffix):
        self.files += 1
        return f"{self.location}/data/{self.files:05d}-{uuid.uuid4()}{suffix}"

    def entry(self, path, rows, content=DATA, partition=None, spec=None, **more):
        size = self.local(path).stat().st_size
        file = {"content": content, "file_path": path, "file_format": "PARQUET", "partition": partition or {},
                "record_count": rows, "file_size_in_bytes": size, **more}
        return {"spec": (spec or self.spec)["spec-id"], "file": file, "sequence": None}

    def parquet(self, path, fields, rows):
        schema = pa.schema([arrow_field(field) for field in fields])
        table = pa.Table.from_pylist([{field["name"]: row.get(field["name"]) for field in fields} for row in rows], schema=schema)
        # Version 2.6 keeps nanoseconds; the Arrow schema stays out, so that ids and types are all that readers have.
        pq.write_table(table, self.local(path), version="2.6", store_schema=False, row_group_size=3)

    def data(self, rows, partition=None, fields=None, spec=None, **more):
        path = self.path(".parquet")
        self.parquet(path, fields or self.fields, rows)
        return self.entry(path, len(rows), partition=partition, spec=spec, **more)

    def position_deletes(self, positions, partition=None, spec=None, row_fields=None, rows=None, by_file=False):
        """`positions`: pairs of path and position; `rows` beside them go into the column `row`."""
        fields = [{"id": PATH_ID, "name": "file_path", "type": "string", "required": True},
                  {"id": POS_ID, "name": "pos", "type": "long", "required": True}]
        order = sorted(range(len(positions)), key=lambda i: positions[i])
        values = [{"file_path": positions[i][0], "pos": positions[i][1]} for i in order]
        if row_fields:
            fields.append({"id": ROW_ID, "name": "row", "type": {"type": "struct", "fields": row_fields}})
            for value, i in zip(values, order):
                value["row"] = rows[i]
        path = self.path("-deletes.parquet")
        self.parquet(path, fields, values)
        more = {"referenced_data_file": positions[0][0]} if by_file else {}
        return self.entry(path, len(values), POSITION_DELETES, partition, spec, **more)

    def equality_deletes(self, fields, rows, ids=None, partition=None, spec=None):
        path = self.path("-eq.parquet")
        self.parquet(path, fields, rows)
        return self.entry(path, len(rows), EQUALITY_DELETES, partition, spec, equality_ids=ids or [field["id"] for field in fields])

    def deletion_vectors(self, vectors, partitions=None, spec=None):
        """`vectors`: path to positions; all of them in one Puffin file."""
        path = self.path(".puffin")
        body, blobs, places = b"PFA1", [], []
        for data_file, positions in vectors.items():
            vector = b"\xd1\xd3\x39\x64" + BitMap64(positions).serialize()
            blob = struct.pack(">I", len(vector)) + vector + struct.pack(">I", zlib.crc32(vector))
            blobs.append({"type": "deletion-vector-v1", "fields": [], "snapshot-id": -1, "sequence-number": -1, "offset": len(body),
                          "length": len(blob), "properties": {"referenced-data-file": data_file, "cardinality": str(len(positions))}})
            places.append((data_file, len(positions), len(body), len(blob)))
            body += blob
        payload = json.dumps({"blobs": blobs, "properties": {}}).encode()
        self.local(path).write_bytes(body + b"PFA1" + payload + struct.pack("<II", len(payload), 0) + b"PFA1")
        entries = []
        for data_file, count, offset, length in places:
            partition = (partitions or {}).get(data_file)
            entry = self.entry(path, count, POSITION_DELETES, partition, spec, referenced_data_file=data_file, content_offset=offset,
                               content_size_in_bytes=length)
            entry["file"]["file_format"] = "PUFFIN"
            entries.append(entry)
        return entries

    # Commits.

    def commit(self, *entries, removed=()):
        """Adds files, and takes out those whose paths are in `removed`; returns the snapshot's id."""
        self.sequence += 1 if self.version > 1 else 0
        self.clock += 1000
        snapshot = {"snapshot-id": 10**12 + len(self.snapshots), "timestamp-ms": self.clock, "schema-id": self.schemas[-1]["schema-id"],
                    "summary": {"operation": "overwrite" if removed else "append"}}
        if self.snapshots:
            snapshot["parent-snapshot-id"] = self.snapshots[-1]["snapshot-id"]
        if self.version > 1:
            snapshot["sequence-number"] = self.sequence
        groups = {}
        for entry in entries:
            groups.setdefault((entry["spec"], min(entry["file"]["content"], 1)), []).append((1, None, None, entry["file"]))
        kept = []
        for manifest in self.manifests:
            if not any(file["file_path"] in removed for _, _, _, file in manifest["entries"]):
                kept.append(manifest)
                continue
            rewritten = [(2 if file["file_path"] in removed else 0, *self.numbers(manifest, adder, sequence), self.numbered(file))
                         for status, adder, sequence, file in manifest["entries"] if status != 2]
            kept.append(self.manifest(rewritten, manifest["spec"], manifest["content"], snapshot["snapshot-id"], manifest.get("first_row_id")))
        added = [self.manifest(files, spec, content, snapshot["snapshot-id"], None) for (spec, content), files in groups.items()]
        self.sequences.update((entry["file"]["file_path"], self.sequence) for entry in entries)
        self.manifests = added + kept
        if self.version > 2:
            snapshot["first-row-id"] = self.next_row
            for manifest in added:
                if manifest["content"] == 0:
                    manifest["first_row_id"] = self.next_row
                    for _, _, _, file in manifest["entries"]:
                        self.row_ids[file["file_path"]] = self.next_row
                        self.next_row += file["record_count"]
            snapshot["added-rows"] = self.next_row - snapshot["first-row-id"]
        snapshot["manifest-list"] = self.list(snapshot)
        self.snapshots.append(snapshot)
        self.log.append({"timestamp-ms": self.clock, "snapshot-id": snapshot["snapshot-id"]})
        return snapshot["snapshot-id"]

    @staticmethod
    def numbers(manifest, adder, sequence):
        """What an entry inherits, spelled out when it is carried over."""
        return (adder or manifest["snapshot"], manifest["sequence"] if sequence is None else sequence)

    def numbered(self, file):
        """A file with the row id that it inherited."""
        return {**file, "first_row_id": self.row_ids[file["file_path"]]} if file["file_path"] in self.row_ids else file

    def partition_fields(self, spec_id):
        kinds = {field["id"]: field["type"] for schema in self.schemas for field in schema["fields"]}
        fields = []
        for field in next(spec for spec in self.specs if spec["spec-id"] == spec_id)["fields"]:
            kind = "int" if field["transform"] != "identity" else kinds[field["source-id"]]
            fields.append(optional(field["name"], kind, field["field-id"]))
        return fields

    def manifest(self, entries, spec_id, content, snapshot_id, first_row_id):
        file = [required("content", "int", 134)] if self.version > 1 else []
        file += [required("file_path", "string", 100), required("file_format", "string", 101),
                 required("partition", {"type": "record", "name": "r102", "fields": self.partition_fields(spec_id)}, 102),
                 required("record_count", "long", 103), required("file_size_in_bytes", "long", 104)]
        if self.version == 1:
            file.append(required("block_size_in_bytes", "long", 105))
        file += [optional("value_counts", id_map(119, 120, "long"), 109), optional("null_value_counts", id_map(121, 122, "long"), 110),
                 optional("lower_bounds", id_map(126, 127, "bytes"), 125), optional("upper_bounds", id_map(129, 130, "bytes"), 128),
                 optional("split_offsets", {"type": "array", "items": "long", "element-id": 133}, 132)]
        if self.version > 1:
            file.append(optional("equality_ids", {"type": "array", "items": "int", "element-id": 136}, 135))
        file.append(optional("sort_order_id", "int", 140))
        if self.version > 2:
            file.append(optional("first_row_id", "long", 142))
        if self.version > 1:
            file.append(optional("referenced_data_file", "string", 143))
        if self.version > 2:
            file += [optional("content_offset", "long", 144), optional("content_size_in_bytes", "long", 145)]
        fields = [required("status", "int", 0)]
        fields += [required("snapshot_id", "long", 1)] if self.version == 1 else [
            optional("snapshot_id", "long", 1), optional("sequence_number", "long", 3), optional("file_sequence_number", "long", 4)]
        fields.append(required("data_file", {"type": "record", "name": "r2", "fields": file}, 2))
        schema = {"type": "record", "name": "manifest_entry", "fields": fields}
        records = []
        for status, adder, sequence, data in entries:
            record = {"status": status, "snapshot_id": adder or (snapshot_id if self.version == 1 else None), "data_file": {"block_size_in_bytes": 1, **data}}
            record["sequence_number"] = record["file_sequence_number"] = sequence
            records.append(record)
        path = f"{self.location}/metadata/{uuid.uuid4()}-m0.avro"
        header = {"schema": json.dumps(self.schemas[-1]), "schema-id": str(self.schemas[-1]["schema-id"]),
                  "partition-spec": json.dumps(next(s for s in self.specs if s["spec-id"] == spec_id)["fields"]),
                  "partition-spec-id": str(spec_id), "format-version": str(self.version)}
        if self.version > 1:
            header["content"] = "deletes" if content else "data"
        with open(self.local(path), "wb") as out:
            fastavro.writer(out, schema, records, codec="deflate", metadata=header)
        return {"path": path, "spec": spec_id, "content": content, "snapshot": snapshot_id, "sequence": self.sequence, "entries": entries,
                "first_row_id": first_row_id}

    def list(self, snapshot):
        summary = {"type": "record", "name": "r508", "fields": [
            required("contains_null", "boolean", 509), optional("contains_nan", "boolean", 518), optional("lower_bound", "bytes", 510),
            optional("upper_bound", "bytes", 511)]}
        counts = [("added_files_count", "int", 504), ("existing_files_count", "int", 505), ("deleted_files_count", "int", 506),
                  ("added_rows_count", "long", 512), ("existing_rows_count", "long", 513), ("deleted_rows_count", "long", 514)]
        fields = [required("manifest_path", "string", 500), required("manifest_length", "long", 501), required("partition_spec_id", "int", 502)]
        if self.version > 1:
            fields += [required("content", "int", 517), required("sequence_number", "long", 515), required("min_sequence_number", "long", 516)]
        fields.append(required("added_snapshot_id", "long", 503))
        # Version 1 may leave counts out: they are then unknown, not zero.
        fields += [(required if self.version > 1 else optional)(*count) for count in counts]
        fields.append(optional("partitions", {"type": "array", "items": summary, "element-id": 508}, 507))
        if self.version > 2:
            fields.append(optional("first_row_id", "long", 520))
        records = []
        for manifest in self.manifests:
            by_status = {status: [file for s, _, _, file in manifest["entries"] if s == status] for status in (0, 1, 2)}
            sequences = [manifest["sequence"] if s is None else s for status, _, s, _ in manifest["entries"] if status != 2]
            record = {"manifest_path": manifest["path"], "manifest_length": self.local(manifest["path"]).stat().st_size,
                      "partition_spec_id": manifest["spec"], "content": manifest["content"], "sequence_number": manifest["sequence"],
                      "min_sequence_number": min(sequences or [manifest["sequence"]]), "added_snapshot_id": manifest["snapshot"],
                      "first_row_id": manifest["first_row_id"] if manifest["content"] == 0 else None}
            if self.version > 1:
                for name, status in (("added", 1), ("existing", 0), ("deleted", 2)):
                    record[f"{name}_files_count"] = len(by_status[status])
                    record[f"{name}_rows_count"] = sum(file["record_count"] for file in by_status[status])
            records.append(record)
        path = f"{self.location}/metadata/snap-{snapshot['snapshot-id']}-1-{uuid.uuid4()}.avro"
        header = {"snapshot-id": str(snapshot["snapshot-id"]), "format-version": str(self.version)}
        if self.version > 1:
            header["sequence-number"] = str(self.sequence)
        with open(self.local(path), "wb") as out:
            fastavro.writer(out, {"type": "record", "name": "manifest_file", "fields": fields}, records, codec="null", metadata=header)
        return path

    def finish(self):
        """Writes the metadata file; returns its path."""
        metadata = {
            "format-version": self.version, "table-uuid": str(uuid.uuid4()), "location": self.location, "last-updated-ms": self.clock,
            "last-column-id": self.last_id, "schemas": self.schemas, "current-schema-id": self.schemas[-1]["schema-id"],
            "partition-specs": self.specs, "default-spec-id": self.specs[-1]["spec-id"],
            "last-partition-id": max([999] + [field["field-id"] for spec in self.specs for field in spec["fields"]]),
            "sort-orders": [{"order-id": 0, "fields": []}], "default-sort-order-id": 0, "properties": self.properties,
            "snapshots": self.snapshots, "snapshot-log": self.log, "metadata-log": [],
            "current-snapshot-id": self.snapshots[-1]["snapshot-id"] if self.snapshots else -1}
        if self.version == 1:
            metadata["schema"], metadata["partition-spec"] = self.schemas[-1], self.specs[-1]["fields"]
        else:
            metadata["last-sequence-number"] = self.sequence
        if self.snapshots:
            metadata["refs"] = {"main": {"type": "branch", "snapshot-id": self.snapshots[-1]["snapshot-id"]}}
        if self.version > 2:
            metadata["next-row-id"] = self.next_row
        path = self.folder / "metadata" / f"00001-{uuid.uuid4()}.metadata.json"
        path.write_text(json.dumps(metadata))
        return str(path)
