"""How much of what somebody else made is held at once. What nests deeper, expands further or would take more memory is
refused by name before it is built. Whatever opens such bytes takes its limits from here."""

MIB = 1024 * 1024

# JSON, msgpack, YAML, XML
MAX_DEPTH = 64  # levels of lists and objects within each other; nothing that is stored is half as deep
MAX_XML_DEPTH = 100  # levels of elements
MAX_XML_ELEMENTS = 300_000  # that are held together; each takes about 400 bytes with its attributes
MAX_VALUE_BYTES = 128 * MIB  # of memory that one value of JSON takes, by its commas, colons and brackets
MAX_TEXT_BYTES = 48 * MIB  # of memory that the text of one value of JSON takes
MAX_MSGPACK_OBJECTS = 2_000_000  # a list or map of nothing is one byte, and about ninety in memory
MAX_YAML_BYTES = MIB
MAX_YAML_DEPTH = 8  # levels; a list of classes has two
MAX_YAML_NODES = 250_000
MAX_CLASS_NAME = 200  # characters of a class's name in a file

# Archives and what is packed
MAX_DIRECTORY = 32 * MIB  # bytes of a zip's list of entries, or of a tar's further headers
MAX_ENTRIES = 200_000  # each takes up most of a kilobyte while the archive is read
MAX_TAR_HEADER = MIB // 16  # bytes of a header that tells of a longer name or of attributes
MAX_RATIO = 400  # a file is never this much larger than its packed form...
RATIO_FROM = MIB  # ...once it is larger than this
MAX_DOCBIN_BYTES = 128 * MIB  # unpacked; a DocBin is held whole

# Tables
MAX_PARQUET_DEPTH = 8  # levels of lists and structs
MAX_PARQUET_VALUES = 1_000_000  # in one row
MAX_CHUNK_BYTES = 128 * MIB  # of one column of a group of rows, unpacked, where it is packed tightly
MAX_CHUNK_RATIO = 40  # what is packed tightly: honest columns rarely shrink to a fortieth
MAX_NESTED_VALUES = 20_000_000  # of one column of lists in a group of rows
MAX_WORKBOOK_BYTES = 512 * MIB  # all entries of a workbook, unpacked
MAX_SHARED_TEXT_BYTES = 128 * MIB  # the texts that the cells of a workbook share, which are held together
MAX_PART_BYTES = 16 * MIB  # any other part of a workbook that is held whole: styles, names, relationships
MAX_WORKBOOK_OPEN_SECONDS = 120.0  # of computing, before the first row is read
MAX_SHEET_ROWS = 1_048_576  # as many as Excel has
MAX_WORKBOOK_CELLS = 20_000_000  # with the empty ones before others
