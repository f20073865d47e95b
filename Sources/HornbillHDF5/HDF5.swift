/// HDF5 files: opening, listing, reading and writing them, without HDF5's C types.
///
/// Everything here is safe to use from several tasks at once: the library underneath is entered by
/// one thread at a time.
public enum HDF5 {}
