"""Snapshots: saving and loading links, optimizers and whole trainings."""

from dwbridge.serializers.atomic import write_atomically
from dwbridge.serializers.dictionary import DictionarySerializer
from dwbridge.serializers.hdf5 import HDF5Deserializer, HDF5Serializer, load_hdf5, save_hdf5
from dwbridge.serializers.npz import NpzDeserializer, load_npz, save_npz
from dwbridge.serializers.npz_archive import ArchiveError, NpzArchive
from dwbridge.serializers.safetensors import SafetensorsArchive, load_safetensors, save_safetensors
from dwbridge.serializers.serializer import AbstractSerializer, Deserializer, Serializer

__all__ = [
    "AbstractSerializer",
    "ArchiveError",
    "Deserializer",
    "DictionarySerializer",
    "HDF5Deserializer",
    "HDF5Serializer",
    "NpzArchive",
    "NpzDeserializer",
    "SafetensorsArchive",
    "Serializer",
    "load_hdf5",
    "load_npz",
    "load_safetensors",
    "save_hdf5",
    "save_npz",
    "save_safetensors",
    "write_atomically",
]
