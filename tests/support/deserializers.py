"""The register of everything that opens bytes: which file of ours, with which library, what it may call there, whose
bytes they are, where it runs, what limits it, and the test that attacks it.

`tests/test_deserializers.py` compares this with the source. A file that opens bytes without a row fails there, and so
does a call that its row doesn't permit, a row that nothing calls any more, and a limit or a test that doesn't exist.
How to add a row: docs/untrusted.md.
"""

from enum import StrEnum
from typing import NamedTuple

from tests.support.deserializer_calls import Library


class Source(StrEnum):
    """Whose bytes they are; whose are believed stands in TRUSTED."""

    TASKER = "anybody who signed in"
    MANAGER = "files and places that a manager names"
    OWNER = "a model that somebody brings"
    HOST = "an answer of another host"
    CHILD = "a process of ours that opens one of these"
    OPERATOR = "the operator's own files and commands"
    INSTALLED = "a package of exact version, or a file with a pinned sha256"
    OURS = "what we wrote ourselves: rows of the database, files of the data folder"


TRUSTED = {Source.OURS, Source.OPERATOR, Source.INSTALLED}


class Place(StrEnum):
    """Where it runs."""

    WEB = "web process"
    WORKER = "worker"
    RUNTIME = "runtime"
    MODEL = "sandbox: model"
    RECIPE = "sandbox: recipe"
    READER = "sandbox: reader"
    COMMAND = "operator's command"
    CLIENT = "the client's machine"


class Row(NamedTuple):
    """One file and one library. `calls` are names in the library; of a method alone, with a dot before it. `limits`
    are constants; a row of untrusted bytes has at least one, and a test (`path::name`) that attacks it."""

    module: str
    library: str
    calls: tuple[str, ...]
    source: Source
    place: Place
    limits: tuple[str, ...] = ()
    test: str = ""


# What is watched. A library that isn't here opens nothing that a stranger sent, or is one of the never used below.
# numpy.frombuffer isn't among them: it parses nothing.
NUMPY = ("load", "loadtxt", "genfromtxt", "fromfile", "fromstring", "fromregex", "memmap", "lib")
TORCH = ("load", "jit", "hub", "package", "export", "serialization", "from_file", "classes", "ops")
WATCHED: dict[str, Library] = {
    # Never used: there is no row, so any import of them fails.
    **dict.fromkeys(("pickle", "_pickle", "marshal", "shelve", "dbm", "copyreg", "dill", "cloudpickle"), Library()),
    **dict.fromkeys(("joblib", "pandas", "h5py", "tables", "cbor2", "bson", "srsly", "catalogue"), Library()),
    **dict.fromkeys(("thinc", "ijson", "orjson", "simdjson", "polars", "duckdb"), Library()),
    **dict.fromkeys(("lxml", "xmltodict", "pyexpat", "html5lib", "bs4", "plistlib", "toml"), Library()),
    **dict.fromkeys(("bz2", "lzma", "zstandard", "brotli", "py7zr", "rarfile", "lz4", "snappy", "ruamel"), Library()),
    **dict.fromkeys(("imghdr", "cv2", "imageio", "tifffile", "wave", "aifc", "soundfile", "av"), Library()),
    **dict.fromkeys(("pypdf", "pypdfium2", "fitz", "docx", "xlrd", "odf", "datasets", "code"), Library()),
    **dict.fromkeys(("multiprocessing", "pty", "zipimport", "codeop", "pydoc", "ray"), Library()),
    # Programs, and names that are computed.
    "builtins": Library(openers=tuple(f"builtins.{name}" for name in ("eval", "exec", "compile", "__import__"))),
    "importlib": Library(harmless=("importlib.metadata", "importlib.util.find_spec", "importlib.invalidate_caches")),
    "ast": Library(openers=("ast.literal_eval",)),
    "runpy": Library(),
    "os": Library(openers=("os.system", "os.popen", "os.fork", "os.posix_spawn", "os.posix_spawnp", *(
        f"os.{verb}{way}" for verb in ("exec", "spawn") for way in ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")
    ))),
    "asyncio": Library(openers=("asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell")),
    "subprocess": Library(harmless=tuple(f"subprocess.{name}" for name in ("DEVNULL", "PIPE", "STDOUT"))),
    "ctypes": Library(openers=("ctypes.CDLL", "ctypes.PyDLL", "ctypes.cdll", "ctypes.pydll", "ctypes.util")),
    "logging": Library(openers=("logging.config",)),
    "django": Library(openers=(
        "django.core.serializers", "django.core.cache.backends", "django.contrib.sessions.serializers",
        "django.contrib.sessions.backends.signed_cookies", "django.utils.module_loading.import_string",
    )),
    # Archives and packed bytes.
    "zipfile": Library(harmless=(
        "zipfile.ZipInfo", "zipfile.ZIP_STORED", "zipfile.ZIP_DEFLATED"
    ), methods=("extractall",)),
    "tarfile": Library(harmless=("tarfile.TarInfo", "tarfile.TarFile")),
    "gzip": Library(),
    "zlib": Library(openers=("zlib.decompress", "zlib.decompressobj"), methods=("decompress",)),
    "shutil": Library(openers=("shutil.unpack_archive",)),
    # Texts with a structure.
    "json": Library(openers=("json.load", "json.loads", "json.JSONDecoder", "json.decoder")),
    "csv": Library(openers=("csv.reader", "csv.DictReader")),
    "confection": Library(methods=("from_str",)),
    "configparser": Library(),
    "yaml": Library(harmless=("yaml.events", "yaml.error")),
    "xml": Library(harmless=(
        "xml.sax.saxutils.escape", "xml.sax.saxutils.quoteattr", "xml.etree.ElementTree.Element",
        "xml.etree.ElementTree.TreeBuilder",
    )),
    "defusedxml": Library(),
    "tomllib": Library(),
    "sqlite3": Library(harmless=("sqlite3.OperationalError", "sqlite3.DatabaseError")),
    # Tables and sets.
    "msgpack": Library(harmless=("msgpack.Packer", "msgpack.packb", "msgpack.ExtType")),
    "pyarrow": Library(openers=tuple(f"pyarrow.{name}" for name in (
        "parquet.ParquetFile", "parquet.ParquetDataset", "parquet.read_table", "parquet.read_pandas",
        "parquet.read_schema", "parquet.read_metadata", "ipc", "feather", "orc", "csv", "json", "dataset", "fs",
        "memory_map", "deserialize", "deserialize_pandas", "open_stream", "open_file", "serialization",
    ))),
    "openpyxl": Library(),
    "datumaro": Library(harmless=(*(f"datumaro.components.{name}" for name in (
        "annotation", "contexts.importer.ImportErrorPolicy", "dataset.Dataset.from_iterable",
        "dataset_base.DatasetItem", "media.Image",
    )), "datumaro.util.image.IMAGE_BACKEND", "datumaro.util.image.ImageBackend")),
    "fsspec": Library(harmless=("fsspec.spec.AbstractBufferedFile", "fsspec.asyn.sync")),
    "pycocotools": Library(harmless=tuple(f"pycocotools.mask.{name}" for name in ("encode", "area", "iou", "toBbox"))),
    # Pictures.
    "PIL": Library(harmless=(
        *(f"PIL.Image.{name}" for name in ("Image", "Resampling", "fromarray", "new", "alpha_composite")),
        "PIL.ImageDraw.Draw", "PIL.ImageOps.exif_transpose", "PIL.ImageFont.load_default",
    )),
    "skimage": Library(openers=("skimage.io", "skimage.data")),
    "sklearn": Library(openers=("sklearn.datasets",)),
    # Numbers and models.
    "numpy": Library(openers=tuple(f"numpy.{name}" for name in NUMPY)),
    "mmap": Library(harmless=("mmap.ACCESS_READ",)),
    "torch": Library(openers=tuple(f"torch.{name}" for name in TORCH)),
    "torchvision": Library(openers=("torchvision.io", "torchvision.datasets")),
    "segment_anything": Library(harmless=("segment_anything.modeling",)),
    "onnx": Library(harmless=tuple(f"onnx.{name}" for name in (
        "NodeProto", "TensorProto", "GraphProto", "helper", "checker.check_model", "numpy_helper",
    ))),
    "onnxruntime": Library(
        harmless=tuple(f"onnxruntime.{name}" for name in (
            "SessionOptions", "RunOptions", "get_available_providers", "set_default_logger_severity",
        )),
        methods=("register_custom_ops_library",),
    ),
    "safetensors": Library(harmless=("safetensors.numpy.save_file", "safetensors.torch.save_file")),
    "tokenizers": Library(harmless=("tokenizers.Encoding", "tokenizers.Tokenizer"), methods=("from_file", "from_str")),
    "transformers": Library(
        harmless=("transformers.utils.logging", "transformers.PreTrainedConfig", *(
            f"transformers.AutoModelFor{kind}Classification" for kind in ("Sequence", "Token")
        )),
        methods=("from_pretrained",),
    ),
    "spacy": Library(
        harmless=tuple(f"spacy.{name}" for name in (
            "language.Language", "pipeline.EntityRecognizer", "tokens.Doc", "tokens.Span", "training.Example",
            "util.filter_spans", "util.fix_random_seed",
        )),
        methods=("from_disk", "from_bytes", "from_config"),
    ),
    "rapidocr": Library(harmless=("rapidocr.utils.download_file.DownloadFile",)),
    "sentence_transformers": Library(),
    "optuna": Library(openers=("optuna.storages.JournalStorage", "optuna.artifacts")),
}  # fmt: skip

READERS = "projects/data/reading/readers"
CONNECTORS = "projects/data/connectors"
ADAPTERS = "assist/adapters"
RECIPES = "assist/learning/recipes"
BY_PAGES = "tests/test_hostile.py::test_whatever_is_sent_is_no_fault_of_ours"
BY_FILES = "tests/projects/readers/test_spoilt.py::test_no_spoilt_file_breaks_a_reader"
PAGE = ("config.limits.SMALL", "config.limits.ANSWER")
MODEL = ("assist.adapters.bringing.MOST_BYTES", "assist.adapters.manifest.MOST_FILES")

# What a browser or a program sends.
REQUESTS = [
    Row("projects/web/shared/json_view.py", "json", ("loads",), Source.TASKER, Place.WEB, PAGE, BY_PAGES),
    Row("projects/web/manager/forms/labels.py", "json", ("loads",), Source.MANAGER, Place.WEB, PAGE, BY_PAGES),
    Row("projects/web/manager/task_filters.py", "json", ("loads",), Source.MANAGER, Place.WEB, PAGE, BY_PAGES),
    Row("projects/api/tasks.py", "json", ("loads",), Source.MANAGER, Place.WEB, PAGE, BY_PAGES),
    Row("projects/reports/task_search.py", "json", ("loads",), Source.TASKER, Place.WEB,
        ("projects.reports.task_search.MAX_CURSOR",),
        "tests/projects/test_task_search.py::test_a_cursor_that_nobody_was_given_starts_anew"),
    Row("taskers/web/views/keys.py", "json", ("loads",), Source.TASKER, Place.WEB, PAGE,
        "tests/taskers/test_preferences.py::test_a_body_that_is_no_json_is_refused"),
    Row("assist/session/protocol.py", "json", ("loads",), Source.TASKER, Place.WEB,
        ("assist.session.protocol.MAX_BYTES",), "tests/assist/test_protocol.py::test_page_may_not_say"),
    Row("assist/api/suggestions.py", "json", ("loads",), Source.TASKER, Place.WEB,
        ("assist.session.protocol.MAX_BYTES",),
        "tests/assist/test_suggestions_by_token.py::test_prompt_that_makes_no_sense_is_refused_with_its_place"),
    Row("assist/session/single_request.py", "json", ("loads",), Source.OURS, Place.WEB),  # what our session answers
    Row("projects/task_types/classification.py", "json", ("loads",), Source.MANAGER, Place.WEB, PAGE,
        "tests/projects/test_task_types.py::test_any_payload_is_refused_by_name_or_taken"),
    Row("projects/inference/geometry.py", "pycocotools", ("mask.decode", "mask.frPyObjects", "mask.merge"),
        Source.TASKER, Place.WEB, ("projects.inference.geometry.MAX_PIXELS",),
        "tests/projects/test_task_types.py::test_run_lengths_that_wrap_around_64_bits_are_refused"),
    Row("taskers/people/bulk_invite.py", "csv", ("reader",), Source.MANAGER, Place.WEB,
        ("taskers.people.bulk_invite.MOST", "config.limits.larger"),
        "tests/taskers/test_invitation_list.py::test_what_is_no_table_is_refused_whole"),
    Row("taskers/money/reconciling.py", "csv", ("DictReader",), Source.MANAGER, Place.WEB,
        ("taskers.models.limits.PROCESSOR_FILE",),
        "tests/taskers/test_finance.py::test_what_is_no_table_of_a_processor_is_refused"),
    Row(f"{CONNECTORS}/clouds.py", "json", ("loads",), Source.MANAGER, Place.WEB, ("config.limits.larger",),
        "tests/projects/test_connectors_clouds.py::test_a_key_that_its_package_chokes_on_is_a_wrong_key"),
]  # fmt: skip

# Pictures and files that become tasks.
FILES = [
    # Pictures of imports in the reader; those of instructions, and those left where they lie, in a web process.
    Row("projects/data/media/pictures.py", "PIL", ("Image.open",), Source.MANAGER, Place.WEB,
        ("projects.data.media.pictures.FORMATS", "projects.data.media.pictures.MAX_PIXELS",
         "projects.data.media.structure.MAX_SCANS", "projects.data.media.structure.MAX_TILE",
         "projects.data.media.pictures.MAX_BYTES", "PIL.PngImagePlugin.MAX_TEXT_CHUNK",
         "PIL.PngImagePlugin.MAX_TEXT_MEMORY", "PIL.Image.MAX_IMAGE_PIXELS"),
        "tests/projects/test_import_pictures.py::test_texts_and_profiles_that_unpack_to_far_more_are_never_held"),
    Row("assist/alike/duplicates.py", "PIL", ("Image.open",), Source.OURS, Place.WORKER,
        ("assist.alike.duplicates.FORMATS",),
        "tests/assist/test_duplicates.py::test_what_is_no_thumbnail_of_ours_is_never_decoded"),
    Row(f"{READERS}/mask_files.py", "PIL", ("Image.open",), Source.MANAGER, Place.READER,
        ("projects.data.reading.readers.mask_files.FORMATS", "projects.data.media.pictures.MAX_PIXELS"), BY_FILES),
    Row(f"{CONNECTORS}/archives.py", "zipfile", ("ZipFile",), Source.MANAGER, Place.READER,
        tuple(f"projects.data.limits.{name}" for name in ("MAX_DIRECTORY", "MAX_ENTRIES", "MAX_RATIO")),
        "tests/projects/test_import_archives.py::test_what_unpacks_to_far_more_is_refused_however_it_is_packed"),
    Row(f"{CONNECTORS}/archives.py", "tarfile", ("open",), Source.MANAGER, Place.READER,
        ("projects.data.limits.MAX_ENTRIES",),
        "tests/projects/test_import_archives.py"
        "::test_links_devices_and_paths_that_lead_out_are_told_and_never_followed"),
    Row(f"{CONNECTORS}/upload.py", "gzip", ("GzipFile",), Source.MANAGER, Place.READER,
        ("projects.data.connectors.upload.MAX_BYTES", "projects.data.limits.MAX_RATIO"),
        "tests/projects/test_import_archives.py::test_ten_gigabytes_are_answered_at_once_and_by_name"),
    Row(f"{CONNECTORS}/upload.py", "zipfile", ("ZipFile",), Source.OURS, Place.WEB),  # it only writes one
    Row(f"{CONNECTORS}/clouds.py", "fsspec", ("filesystem",), Source.HOST, Place.WORKER,
        ("projects.data.connectors.fetched.MOST",),
        "tests/projects/test_connectors_clouds.py"
        "::test_a_file_longer_than_any_may_be_is_refused_whatever_was_said_of_it"),
    Row("projects/data/reading/columns.py", "csv", ("reader",), Source.MANAGER, Place.READER,
        ("projects.data.reading.columns.HEAD", "projects.data.reading.columns.MOST"), BY_FILES),
    Row(f"{READERS}/table.py", "csv", ("reader",), Source.MANAGER, Place.READER,
        ("projects.data.reading.readers.lines.MAX_LINE", "projects.data.reading.readers.columns.MAX_COLUMNS"),
        "tests/projects/test_import_readers.py"
        "::test_csv_row_of_many_lines_that_never_ends_costs_the_memory_of_one_line"),
    # Lists of labels, which a web process hands to a reader.
    *(Row("projects/data/reading/read_labels.py", library, calls, Source.MANAGER, Place.READER,
        ("projects.data.reading.read_labels.MAX_LIST_BYTES", "projects.models.limits.LABELS",
         "projects.data.label_lists.MAX_READ_SECONDS"),
        "tests/projects/test_label_lists.py::test_a_hostile_list_is_refused_by_name")
      for library, calls in (("csv", ("reader",)), ("json", ("loads",)))),
    # Files in the reader; rows and predictions that the API is sent in a web process, as both of these do.
    Row(f"{READERS}/jsonl.py", "json", ("loads",), Source.MANAGER, Place.WEB,
        ("projects.data.reading.readers.lines.MAX_LINE",),
        "tests/projects/test_import_readers.py::test_any_bytes_give_rows_and_faults_or_one_refusal"),
    Row(f"{READERS}/json_parts.py", "json", ("JSONDecoder",), Source.MANAGER, Place.WEB,
        ("projects.data.limits.MAX_TEXT_BYTES",),
        "tests/projects/readers/test_boxes.py::test_nesting_without_end_is_a_fault_with_its_place"),
    Row(f"{READERS}/yaml_files.py", "yaml", ("parse", "CSafeLoader", "SafeLoader"), Source.MANAGER, Place.READER,
        ("projects.data.limits.MAX_YAML_NODES",),
        "tests/projects/test_hostile_datasets.py::test_what_expands_takes_little_memory_and_is_told_by_name"),
    Row(f"{READERS}/xml_files.py", "defusedxml", (
        "ElementTree.DefusedXMLParser", "ElementTree.iterparse"), Source.MANAGER,
        Place.READER,
        ("projects.data.limits.MAX_XML_DEPTH", "projects.data.reading.readers.voc.MAX_FILE"),
        "tests/projects/readers/test_boxes.py::test_xml_that_would_grow_or_fetch_is_refused"),
    Row(f"{READERS}/docbin.py", "zlib", ("decompressobj", ".decompress"), Source.MANAGER, Place.READER,
        ("projects.data.limits.MAX_DOCBIN_BYTES",),
        "tests/projects/readers/test_texts.py::test_a_docbin_of_few_bytes_that_would_take_all_memory_is_refused"),
    Row("taskers/files/msgpack_objects.py", "msgpack", ("unpackb",), Source.CHILD, Place.WORKER,
        ("projects.data.limits.MAX_MSGPACK_OBJECTS", "projects.data.reading.messages.MAX_OBJECTS",
         "assist.runtime.framing.MAX_OBJECTS"),
        "tests/projects/readers/test_messages.py::test_a_frame_with_more_objects_than_memory_bears_is_never_unpacked"),
    Row(f"{READERS}/parquet.py", "pyarrow", ("parquet.ParquetFile",), Source.MANAGER, Place.READER,
        ("projects.data.limits.MAX_PARQUET_DEPTH", "projects.data.limits.MAX_PARQUET_VALUES"),
        "tests/projects/readers/test_tables.py::test_a_parquet_file_cut_in_half_is_refused_by_name"),
    Row(f"{READERS}/xlsx.py", "openpyxl", ("reader.excel.ExcelReader", "styles.stylesheet.apply_stylesheet"),
        Source.MANAGER, Place.READER,
        tuple(f"projects.data.limits.{name}" for name in (
            "MAX_WORKBOOK_BYTES", "MAX_SHARED_TEXT_BYTES", "MAX_PART_BYTES", "MAX_SHEET_ROWS", "MAX_WORKBOOK_CELLS",
            "MAX_WORKBOOK_OPEN_SECONDS")),
        "tests/projects/readers/test_workbooks.py::test_a_workbook_that_would_expand_is_refused_by_name"),
    Row(f"{READERS}/hugging_face.py", "pyarrow", ("ipc.open_stream",), Source.MANAGER, Place.READER,
        ("projects.data.reading.readers.parquet.AT_ONCE",),
        "tests/projects/readers/test_texts.py::test_an_arrow_file_cut_in_half_keeps_what_is_whole"),
    Row(f"{READERS}/marks.py", "pycocotools", ("mask.frPyObjects", "mask.merge"), Source.MANAGER, Place.READER,
        ("projects.data.media.pictures.MAX_PIXELS",),
        "tests/projects/readers/test_coco.py::test_bad_annotations_are_told_one_by_one_and_the_good_one_stays"),
    Row(f"{READERS}/gathered.py", "json", ("loads",), Source.OURS, Place.READER,  # parts that it wrote to a file
        ("projects.data.reading.readers.gathered.MAX_PARTS",)),
    # The reader; a worker starts it, and for a list of labels a web process.
    Row("projects/data/reading/sandboxed.py", "subprocess", ("Popen",), Source.MANAGER, Place.WORKER,
        ("projects.data.reading.readers.through_datumaro.MAX_MEGABYTES",
         "projects.data.reading.sandboxed.MAX_CPU_SECONDS", "projects.data.connectors.upload.MAX_BYTES"),
        "tests/projects/test_reading_sandbox.py::test_a_reader_that_its_file_has_taken_over_is_denied_everything"),
    Row(f"{READERS}/datumaro_items.py", "datumaro", ("components.dataset.Dataset.import_from",), Source.MANAGER,
        Place.READER, ("projects.data.reading.sandboxed.MAX_CPU_SECONDS",
                       "projects.data.reading.readers.through_datumaro.MAX_MEGABYTES"),
        "tests/projects/readers/test_datumaro.py"
        "::test_files_that_datumaro_cant_read_are_refused_by_name_and_nothing_is_left_behind"),
]  # fmt: skip

# Models that somebody brings.
HOSTILE = "tests/assist/test_hostile_models.py::test_each_is_refused_when_it_is_brought_and_reaches_nothing"
CONTENTS = f"{ADAPTERS}/contents"
MODELS = [
    Row(f"{CONTENTS}/json_files.py", "json", ("loads",), Source.OWNER, Place.WORKER,
        ("assist.adapters.contents.json_files.MAX_BYTES",), HOSTILE),
    Row(f"{CONTENTS}/numpy_files.py", "numpy", (
        "lib.format.read_magic", "lib.format.read_array_header_1_0", "lib.format.read_array_header_2_0"
    ), Source.OWNER, Place.WORKER, MODEL, HOSTILE),
    Row(f"{CONTENTS}/onnx_files.py", "mmap", ("mmap",), Source.OWNER, Place.WORKER,
        ("assist.adapters.contents.onnx_files.MAX_FIELDS", "assist.adapters.contents.onnx_files.MAX_DEPTH"), HOSTILE),
    Row(f"{CONTENTS}/safetensors_files.py", "json", ("loads",), Source.OWNER, Place.WORKER,
        ("assist.adapters.contents.safetensors_files.MAX_HEADER",), HOSTILE),
    Row(f"{CONTENTS}/spacy_config.py", "configparser", ("ConfigParser",), Source.OWNER, Place.WORKER,
        ("assist.adapters.contents.spacy_config.MAX_BYTES",), HOSTILE),
    Row(f"{CONTENTS}/spacy_config.py", "confection", ("Config", ".from_str"), Source.OWNER, Place.WORKER,
        ("assist.adapters.contents.spacy_config.MAX_BYTES",), HOSTILE),
    Row(f"{CONTENTS}/spacy_config.py", "json", ("loads",), Source.OWNER, Place.WORKER,
        ("assist.adapters.contents.spacy_config.MAX_BYTES",), HOSTILE),
    # Names on its list of what a config may say; nothing is called.
    Row(f"{CONTENTS}/spacy_config.py", "spacy", (
        "Corpus.v1", "JsonlCorpus.v1", "LookupsDataLoader.v1", "PlainTextCorpus.v1", "PretrainCharacters.v1",
        "PretrainVectors.v1", "Tokenizer.v1", "Vectors.v1", "batch_by_padded.v1", "batch_by_sequence.v1",
        "batch_by_words.v1", "combined_augmenter.v1", "dont_augment.v1", "ja.JapaneseTokenizer",
        "ko.KoreanTokenizer", "lower_case.v1", "orth_variants.v1", "read_labels.v1", "th.ThaiTokenizer",
        "vi.VietnameseTokenizer", "zh.ChineseTokenizer",
    ), Source.INSTALLED, Place.WORKER),
    Row(f"{CONTENTS}/torch_files.py", "zipfile", ("ZipFile", "is_zipfile"), Source.OWNER, Place.WORKER,
        ("assist.adapters.contents.torch_files.CODE",), HOSTILE),
    Row(f"{ADAPTERS}/bringing.py", "zipfile", ("ZipFile", "is_zipfile"), Source.OWNER, Place.WORKER, MODEL,
        "tests/assist/test_manifest.py::test_zip_that_reaches_outside_or_swells_is_refused"),
    Row(f"{ADAPTERS}/manifest.py", "zipfile", ("ZipFile", "is_zipfile"), Source.OWNER, Place.WORKER,
        ("assist.adapters.contents.torch_files.CODE",),  # it only lists
        "tests/assist/test_manifest.py::test_torch_file_under_another_name_is_refused"),
    Row(f"{ADAPTERS}/manifest.py", "tomllib", ("loads",), Source.OWNER, Place.WORKER,
        ("assist.adapters.manifest.LARGEST_PAGE",),
        "tests/assist/test_manifest.py::test_what_is_wrong_with_a_page_is_named_with_its_place"),
    Row(f"{ADAPTERS}/spacy_folder.py", "spacy", ("util.load_model_from_config", ".from_disk"), Source.OWNER,
        Place.MODEL, MODEL, HOSTILE),
    Row(f"{ADAPTERS}/onnx_session.py", "onnxruntime", ("InferenceSession",), Source.OWNER, Place.MODEL, MODEL,
        "tests/assist/test_onnx_text.py::test_files_that_are_none_are_named"),
    Row(f"{ADAPTERS}/sam2_onnx.py", "onnxruntime", ("InferenceSession",), Source.OWNER, Place.MODEL, MODEL,
        "tests/assist/test_sam2.py::test_files_that_are_no_such_pair_say_what_is_missing"),
    Row(f"{ADAPTERS}/rapid_ocr.py", "rapidocr", ("RapidOCR",), Source.OWNER, Place.MODEL, MODEL,
        "tests/assist/test_shipped.py::test_reader_without_a_file_says_so"),
    Row(f"{ADAPTERS}/meta_sam.py", "torch", ("load",), Source.OWNER, Place.MODEL, MODEL,
        "tests/assist/test_catalogue.py::test_file_of_another_kind_is_named_as_such"),
    Row(f"{ADAPTERS}/torch_image.py", "torch", ("load",), Source.OWNER, Place.MODEL, MODEL,
        "tests/assist/test_torch_image.py::test_what_is_a_program_or_of_another_making_is_named"),
    Row(f"{ADAPTERS}/torch_image.py", "safetensors", ("torch.load_file",), Source.OWNER, Place.MODEL, MODEL,
        "tests/assist/test_torch_image.py::test_what_is_a_program_or_of_another_making_is_named"),
    Row(f"{ADAPTERS}/tuned_sam.py", "safetensors", ("torch.load_file",), Source.OWNER, Place.MODEL, MODEL,
        "tests/assist/test_mask_recipe.py::test_weights_that_do_not_fit_are_said"),
    Row(f"{ADAPTERS}/linear_heads.py", "safetensors", ("numpy.load_file",), Source.OWNER, Place.MODEL, MODEL,
        "tests/assist/test_image_classes.py::test_a_head_that_fits_no_embedder_is_said"),
    Row(f"{ADAPTERS}/text_windows.py", "tokenizers", (".from_file",), Source.OWNER, Place.MODEL, MODEL,
        "tests/assist/test_onnx_text.py::test_a_tokenizer_that_panics_is_refused_or_gives_no_answer"),
    Row(f"{ADAPTERS}/torch_text.py", "transformers", (
        "AutoConfig.for_model", ".from_config", ".from_pretrained"), Source.OWNER, Place.MODEL, MODEL,
        "tests/assist/test_torch_text.py::test_what_it_can_not_be_is_named"),
    Row(f"{RECIPES}/text_encoder.py", "transformers", (".from_pretrained",), Source.OWNER, Place.RECIPE, MODEL,
        "tests/assist/test_text_encoder.py::test_what_can_not_be_begun_from_or_learnt_is_said"),
    Row("assist/runtime/model_launch.py", "asyncio", ("create_subprocess_exec",), Source.OWNER, Place.MODEL,
        ("taskers.sandbox.policy.Limits.file_bytes", "assist.runtime.model_launch.STATE_FILE_BYTES"),
        "tests/taskers/test_sandbox.py::test_hostile_model_is_denied_everything_outside_its_folder"),
    Row("assist/runtime/model_folder.py", "json", ("loads",), Source.OURS, Place.MODEL),
    Row("assist/runtime/model_calls.py", "importlib", ("import_module",), Source.OURS, Place.RUNTIME),
    Row("assist/runtime/first_import.py", "asyncio", ("create_subprocess_exec",), Source.INSTALLED, Place.RUNTIME),
    Row("assist/runtime/first_import.py", "importlib", ("util.cache_from_source",), Source.INSTALLED, Place.RUNTIME),
    # The sandbox itself: it runs our own modules and one script, once the process has given up its rights.
    Row("taskers/sandbox/__main__.py", "runpy", ("run_path", "run_module"), Source.OURS, Place.MODEL),
    Row("taskers/sandbox/__main__.py", "importlib", ("import_module",), Source.OURS, Place.MODEL),
    Row("taskers/sandbox/landlock.py", "ctypes", ("CDLL",), Source.INSTALLED, Place.MODEL),
    Row("taskers/sandbox/policy.py", "json", ("loads",), Source.OURS, Place.MODEL),
    Row("assist/runtime/decoding.py", "PIL", ("Image.open",), Source.MANAGER, Place.MODEL,
        ("assist.runtime.decoding.FORMATS", "assist.runtime.decoding.MAX_PIXELS"),
        "tests/assist/test_runtimes.py::test_bomb_is_refused_before_it_is_unpacked"),
    Row("assist/runtime/near.py", "pycocotools", ("mask.decode",), Source.CHILD, Place.MODEL,
        ("projects.inference.geometry.MAX_PIXELS",),
        "tests/projects/test_task_types.py::test_run_lengths_that_wrap_around_64_bits_are_refused"),
    Row(f"{ADAPTERS}/outside.py", "json", ("loads",), Source.HOST, Place.MODEL, ("assist.adapters.outside.MOST_BYTES",),
        "tests/assist/test_outside_models.py::test_what_a_host_may_say_wrongly_is_named"),
    Row(f"{ADAPTERS}/openai_chat.py", "json", ("loads",), Source.HOST, Place.MODEL,
        ("assist.adapters.outside.MOST_BYTES",),
        "tests/assist/test_outside_models.py::test_bad_answer_gets_one_second_try_and_then_there_is_none"),
]  # fmt: skip

# Processes of recipes, and what they say.
TRAINING = [
    Row("assist/learning/recipe_process.py", "subprocess", ("Popen",), Source.OWNER, Place.RECIPE,
        ("assist.learning.recipe_process.MEMORY_SHARE", "assist.learning.recipe_process.MAX_FILE_BYTES"),
        "tests/assist/test_training.py"
        "::test_a_link_that_a_recipe_leaves_is_neither_followed_nor_written_through"),
    Row("assist/learning/recipe_process.py", "json", ("loads",), Source.CHILD, Place.WORKER,
        ("assist.learning.recipe_process.MAX_LINE", "assist.learning.recipe_process.MAX_RESULT"),
        "tests/assist/test_training.py::test_whatever_ends_a_recipe_is_named_and_leaves_nothing"),
    Row(f"{RECIPES}/__main__.py", "json", ("loads",), Source.OURS, Place.RECIPE),
    Row(f"{RECIPES}/__init__.py", "importlib", ("import_module",), Source.OURS, Place.RECIPE),  # of RECIPES
    Row(f"{RECIPES}/image_classes.py", "numpy", ("load",), Source.OURS, Place.RECIPE),
    Row(f"{RECIPES}/text_classes.py", "numpy", ("load",), Source.OURS, Place.RECIPE),
    Row(f"{RECIPES}/spacy_entities.py", "spacy", (".from_bytes",), Source.OURS, Place.RECIPE),  # its own best
    Row(f"{RECIPES}/sam_decoder.py", "onnxruntime", ("InferenceSession",), Source.INSTALLED, Place.RECIPE),
    Row(f"{RECIPES}/rehearsal.py", "sklearn", ("datasets.load_sample_image",), Source.INSTALLED, Place.RECIPE),
]  # fmt: skip

# Models that come along, by packages of exact versions and files of pinned sums.
COME_ALONG = [
    Row(f"{ADAPTERS}/__init__.py", "importlib", ("import_module",), Source.OURS, Place.MODEL),  # of KINDS and RUNTIMES
    Row(f"{ADAPTERS}/files.py", "importlib", ("import_module",), Source.OURS, Place.COMMAND),  # of its own artifacts
    Row(f"{ADAPTERS}/packages.py", "zipfile", ("ZipFile",), Source.INSTALLED, Place.COMMAND,
        ("assist.adapters.files.Artifact.size",),
        "tests/assist/test_weights.py::test_a_file_longer_than_the_pinned_one_is_read_no_further"),
    Row(f"{ADAPTERS}/packages.py", "tarfile", ("open",), Source.INSTALLED, Place.COMMAND,
        ("assist.adapters.files.Artifact.size",),
        "tests/assist/test_weights.py::test_a_file_longer_than_the_pinned_one_is_read_no_further"),
    Row(f"{ADAPTERS}/packages.py", "subprocess", ("run", "Popen"), Source.OPERATOR, Place.COMMAND),
    Row(f"{ADAPTERS}/sam_modules.py", "importlib", ("util.module_from_spec",), Source.INSTALLED, Place.MODEL),
    Row(f"{ADAPTERS}/sam_modules.py", "segment_anything", ("build_sam.sam_model_registry",), Source.INSTALLED,
        Place.MODEL),
    Row(f"{ADAPTERS}/made_lite0.py", "torch", ("load",), Source.INSTALLED, Place.COMMAND),
    Row(f"{ADAPTERS}/made_nanodet.py", "json", ("loads",), Source.INSTALLED, Place.COMMAND),
    Row(f"{ADAPTERS}/sam_decoder.py", "onnx", ("load",), Source.INSTALLED, Place.MODEL),
    Row(f"{ADAPTERS}/mobile_sam.py", "onnxruntime", ("InferenceSession",), Source.INSTALLED, Place.MODEL),
    Row(f"{ADAPTERS}/minilm_encoder.py", "safetensors", ("torch.load_file",), Source.INSTALLED, Place.MODEL),
    Row(f"{ADAPTERS}/minilm_encoder.py", "tokenizers", (".from_file",), Source.INSTALLED, Place.MODEL),
    Row(f"{ADAPTERS}/nano_e5.py", "mmap", ("mmap",), Source.INSTALLED, Place.MODEL),
    Row("assist/runtime/doctor.py", "skimage", ("data.astronaut",), Source.INSTALLED, Place.COMMAND),
]  # fmt: skip

# The operator's commands, and the client on another machine.
COMMANDS = [
    Row("config/__main__.py", "subprocess", ("run",), Source.OPERATOR, Place.COMMAND),
    Row("config/backup.py", "subprocess", ("run",), Source.OPERATOR, Place.COMMAND),  # pg_dump, pg_restore
    Row("config/backup.py", "json", ("loads",), Source.OPERATOR, Place.COMMAND),
    Row("config/backup.py", "tomllib", ("loads",), Source.INSTALLED, Place.COMMAND),
    Row("config/install.py", "subprocess", ("run", "Popen"), Source.OPERATOR, Place.COMMAND),
    Row("config/install.py", "json", ("loads",), Source.INSTALLED, Place.COMMAND),
    Row("config/lock.py", "subprocess", ("run",), Source.OPERATOR, Place.COMMAND),
    Row("config/install.py", "tomllib", ("loads",), Source.INSTALLED, Place.COMMAND),
    Row("config/parent_death_signal.py", "os", ("execvp",), Source.OPERATOR, Place.COMMAND),
    Row("config/parent_death_signal.py", "ctypes", ("CDLL",), Source.INSTALLED, Place.COMMAND),
    Row("assist/runtime/resting.py", "ctypes", ("CDLL",), Source.INSTALLED, Place.MODEL),
    Row("config/postgres.py", "subprocess", ("run", "Popen"), Source.OPERATOR, Place.COMMAND),
    Row("config/postgres_place.py", "subprocess", ("run",), Source.OPERATOR, Place.COMMAND),
    Row("config/supervisor.py", "asyncio", ("create_subprocess_exec",), Source.OPERATOR, Place.COMMAND),
    Row("config/supervisor.py", "json", ("loads",), Source.OURS, Place.COMMAND),
    Row("config/folder.py", "json", ("loads",), Source.OURS, Place.COMMAND),
    Row("config/log_output.py", "json", ("loads",), Source.CHILD, Place.COMMAND, ("config.supervisor.CHUNK",),
        "tests/config/test_supervisor.py::test_a_line_that_is_nested_without_end_is_passed_on_as_it_is"),
    # Django's caches hold pickles: whoever writes to that table or to Redis runs code in every web process.
    Row("config/settings.py", "django", ("core.cache.backends.db.DatabaseCache",
        "core.cache.backends.redis.RedisCache"), Source.OURS, Place.WEB),
    Row("config/demo/history.py", "importlib", ("import_module",), Source.OURS, Place.COMMAND),
    Row("config/management/commands/load_demo.py", "zipfile", ("ZipFile",), Source.OURS, Place.COMMAND),  # writes one
    Row("taskers/credentials/sign_in_state.py", "importlib", ("import_module",), Source.OPERATOR, Place.WEB),
    Row("taskers/telemetry/spans.py", "importlib", ("import_module",), Source.OURS, Place.WEB),
    Row("taskers/outbox/events.py", "django", ("utils.module_loading.import_string",), Source.OPERATOR, Place.WORKER),
    Row("client/tandem_client/command/projects.py", "yaml", (
        "safe_load", "safe_dump", "parse", "SafeLoader"), Source.OPERATOR, Place.CLIENT),
    Row("client/tandem_client/command/projects.py", "json", ("loads",), Source.OPERATOR, Place.CLIENT),
    Row("client/tandem_client/transport.py", "json", ("loads",), Source.OPERATOR, Place.CLIENT),  # of their own server
    Row("client/tandem_client/signatures.py", "json", ("loads",), Source.OPERATOR, Place.CLIENT),  # once it is signed
    Row("client/tandem_client/login.py", "json", ("loads",), Source.OURS, Place.CLIENT),
    Row("client/tandem_client/answers.py", "json", ("loads",), Source.OURS, Place.CLIENT),
    Row("client/tandem_client/answers.py", "sqlite3", ("connect",), Source.OURS, Place.CLIENT),
    Row("client/tandem_client/folders.py", "zipfile", ("ZipFile",), Source.OURS, Place.CLIENT),  # it only writes one
]  # fmt: skip

# What we wrote ourselves: files of the data folder, and JSON that PostgreSQL gives back as text.
STORED = [
    Row("projects/data/crashed_jobs.py", "json", ("loads",), Source.OURS, Place.WORKER),
    Row("taskers/files/spool.py", "json", ("loads",), Source.OURS, Place.WEB),
    Row("assist/alike/vectors.py", "numpy", ("fromfile", "memmap"), Source.OURS, Place.WORKER),
    Row("assist/learning/snapshot_file.py", "pyarrow", ("parquet.ParquetFile",), Source.OURS, Place.WORKER),
    Row("projects/data/archive/files.py", "pyarrow", ("parquet.read_table",), Source.OURS, Place.WORKER),
    Row("projects/data/deliveries/picks.py", "zlib", ("decompressobj", ".decompress"), Source.OURS, Place.WORKER,
        ("projects.data.deliveries.picks.UNPACKED", "projects.data.deliveries.picks.MAX_PICK"),
        "tests/projects/test_deliveries.py::test_a_list_of_picks_that_is_none_is_lost_and_costs_no_memory"),
    Row("assist/suggestions/edit_distance.py", "pycocotools", ("mask.decode",), Source.OURS, Place.WORKER),
    Row("assist/suggestions/planted_errors.py", "pycocotools", ("mask.decode",), Source.OURS, Place.WORKER),
    *(Row(module, "json", ("loads",), Source.OURS, Place.WORKER) for module in (
        "assist/adapters/budget.py",
        "assist/adapters/catalogue.py",
        "assist/adapters/outside_embedder.py",
        "assist/alike/index.py",
        "assist/learning/snapshot_file.py",
        "assist/registry/registry.py",
        "projects/api/endpoint.py",
        "projects/configuration/terms.py",
        "projects/data/archive/files.py",
        "projects/data/connectors/saved.py",
        "projects/data/deliveries/picks.py",
        "projects/data/importing/answers.py",
        "projects/inference/pieces.py",
        "projects/quality/gold/pool.py",
        "projects/quality/votes.py",
        "projects/queue/answer_check.py",
        "projects/queue/complete.py",
        "projects/queue/eligibility.py",
        "projects/reports/method_effect.py",
        "projects/reports/person.py",
        "projects/reports/qualification.py",
        "projects/reports/review_effect.py",
        "projects/reports/sample_effect.py",
        "projects/reports/task_choices.py",
        "projects/reports/task_lines.py",
        "projects/reports/task_words.py",
        "projects/web/annotator/work_json.py",
        "projects/workflow/automatic_rules/history.py",
        "projects/workflow/bulk_actions.py",
        "taskers/credentials/tokens.py",
        "taskers/database/prepared.py",
        "taskers/money/origins.py",
        "taskers/money/years.py",
        "taskers/people/payees.py",
    )),
]  # fmt: skip

REGISTER: list[Row] = [*REQUESTS, *FILES, *MODELS, *TRAINING, *COME_ALONG, *COMMANDS, *STORED]
