"""Snapshots: saving and loading links, optimizers and whole trainings."""

from dwbridge.serializers.atomic import write_atomically
from dwbridge.serializers.dictionary import DictionarySerializer
from dwbridge.serializers.npz import NpzDeserializer, load_npz, save_npz
from dwbridge.serializers.npz_archive import ArchiveError, NpzArchive
from dwbridge.serializers.serializer import AbstractSerializer, Deserializer, Serializer

__all__ = [
    "AbstractSerializer",
    "ArchiveError",
    "Deserializer",
    "DictionarySerializer",
    "NpzArchive",
    "NpzDeserializer",
    "Serializer",
    "load_npz",
    "save_npz",
    "write_atomically",
]
