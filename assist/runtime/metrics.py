"""What a model's process counts of its embeddings, for operators."""

from prometheus_client import Counter, Gauge

FOUND = Counter("tandem_embeddings_found_total", "Embeddings that were there when they were asked for.", ["where"])
IN_MEMORY, ON_DISK = FOUND.labels("memory"), FOUND.labels("disk")
MISSED = Counter("tandem_embeddings_missed_total", "Embeddings that were not there and had to be made.")
EVICTED = Counter("tandem_embeddings_evicted_total", "Embeddings that made room for others.", ["where"])
FROM_MEMORY, FROM_DISK = EVICTED.labels("memory"), EVICTED.labels("disk")
BYTES = Gauge("tandem_embeddings_bytes", "Room that embeddings take.", ["where"])
FAULTS = Counter("tandem_embeddings_disk_faults_total", "Embeddings that could not be written or read.")
WAITING = Gauge("tandem_runtime_waiting", "Questions to a model that wait or are being answered.", ["lane"])
