import { importPeer } from '../../core/peer';

/** What is used of the module of h5wasm. */
export interface H5Module {
  readonly FS: {
    writeFile(path: string, bytes: Uint8Array, options: { canOwn: boolean }): void;
    unlink(path: string): void;
  };
  readonly HEAPU8: Uint8Array;
  _malloc(size: number): number;
  _free(pointer: number): void;
  get_dataset_data(file: bigint, path: string, count: null, offset: null, strides: null, pointer: bigint): number;
  activate_throwing_error_handler(): number;
  deactivate_throwing_error_handler(): number;
}

/** How h5wasm describes values. */
export interface H5Metadata {
  /** 0: integers, 1: floats, 3: texts. */
  readonly type: number;
  readonly size: number;
  readonly total_size: number;
  readonly shape: readonly number[] | null;
  readonly chunks: readonly number[] | null;
  readonly signed: boolean;
  readonly vlen: boolean;
}

export interface H5Attribute {
  readonly metadata: H5Metadata;
  readonly value: unknown;
}

export interface H5Entity {
  readonly type: string;
  readonly file_id: bigint;
  readonly attrs: { readonly [name: string]: H5Attribute };
  /** Of groups. */
  keys?(): string[];
  get?(path: string): H5Entity | null;
  /** Of data sets. */
  readonly metadata?: H5Metadata;
  readonly filters?: readonly { readonly id: number }[];
}

/** What is used of the package h5wasm. */
export interface H5Package {
  readonly ready: Promise<H5Module>;
  readonly File: new (path: string, mode: 'r') => H5Entity & { close(): unknown };
}

/** What is used of the package fflate. */
export interface ZipPackage {
  unzipSync(
    bytes: Uint8Array,
    options: { filter(file: { name: string; size: number; originalSize: number }): boolean },
  ): { readonly [name: string]: Uint8Array };
}

/** The packages that read files, where they can't be found by their names. */
export interface ReaderPackages {
  /** The package `h5wasm`: `await import('h5wasm')`. In Node it is found where it is installed. */
  readonly h5wasm?: H5Package | undefined;
  /** The package `fflate`, for `.keras` files and other zips. */
  readonly fflate?: ZipPackage | undefined;
}

/**
 * The package h5wasm, which is the user's to install.
 *
 * @throws ConfigError where it is not there.
 */
export async function loadH5({ h5wasm }: ReaderPackages, what: string): Promise<H5Package> {
  return h5wasm ?? importPeer<H5Package>('h5wasm', `${what}: reading HDF5`, "h5wasm: await import('h5wasm')");
}

/**
 * The package fflate, which is the user's to install.
 *
 * @throws ConfigError where it is not there.
 */
export async function loadZip({ fflate }: ReaderPackages, what: string): Promise<ZipPackage> {
  return fflate ?? importPeer<ZipPackage>('fflate', `${what}: reading a zip`, "fflate: await import('fflate')");
}
