import { ConfigError, FormatError } from '../core/errors';

/** What is used of Node's `fs/promises`; written out, so that nothing here depends on Node's types. */
interface FileSystem {
  readFile(path: string | URL): Promise<Uint8Array>;
  open(
    path: string,
    flags: string,
  ): Promise<{ writeFile(data: Uint8Array): Promise<void>; sync(): Promise<void>; close(): Promise<void> }>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { force: boolean }): Promise<void>;
  appendFile(path: string | URL, text: string): Promise<void>;
  stat(path: string | URL): Promise<{ size: number }>;
  mkdir(path: string, options: { recursive: boolean }): Promise<unknown>;
}

/** Where bytes can be read from: a path or address, the bytes themselves, or a `Blob` (a browser's `File`). */
export type ByteSource = string | URL | Uint8Array | ArrayBuffer | Blob;

/** Where bytes can be written to: a path, a function, a web stream, or anything with `write`, such as a Node stream. */
export type ByteSink =
  | string
  | URL
  | ((bytes: Uint8Array) => unknown)
  | WritableStream<Uint8Array>
  | { write(bytes: Uint8Array): unknown };

/** Node's file functions, or null in a browser. */
async function fileSystem(): Promise<FileSystem | null> {
  const host = globalThis as { process?: { versions?: { node?: string }; getBuiltinModule?: (id: string) => unknown } };
  if (host.process?.versions?.node === undefined) return null;
  const builtin = host.process.getBuiltinModule?.('node:fs/promises');
  if (builtin) return builtin as FileSystem;
  // Node before 20.16. A computed name, so that no bundler tries to follow it.
  const name = ['node:fs', 'promises'].join('/');
  return (await import(/* @vite-ignore */ name)) as FileSystem;
}

async function requireFileSystem(path: string, what: string): Promise<FileSystem> {
  const fs = await fileSystem();
  if (fs === null) {
    throw new ConfigError(
      `${what}: there is no file system here for '${path}'. Give bytes, a function or a stream instead.`,
    );
  }
  return fs;
}

const isAddress = (text: string): boolean => /^(https?|data|blob):/i.test(text);

/**
 * All bytes of a source. Strings are addresses where they begin with `http:`, `https:`, `data:` or `blob:`, and everywhere
 * in a browser; else paths.
 *
 * @throws FormatError when an address can't be fetched or answers with an error; ConfigError when a file can't be read,
 * with the file system's error as its cause.
 */
export async function readBytes(source: ByteSource, what: string): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (typeof Blob !== 'undefined' && source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  if (typeof source !== 'string' && !(source instanceof URL)) {
    throw new ConfigError(`${what}: expected a path, a URL, bytes or a Blob, got ${typeof source}.`);
  }
  const fs = isAddress(String(source)) ? null : await fileSystem();
  if (fs !== null) return new Uint8Array(await onFile(what, 'read', source, fs.readFile(source)));
  const response = await fetch(source).catch((error: unknown) => {
    throw new FormatError(`${what}: ${String(source)} can't be fetched. Check the address and the network.`, {
      cause: error,
    });
  });
  if (!response.ok)
    throw new FormatError(`${what}: ${String(source)} answered ${response.status} ${response.statusText}.`);
  return new Uint8Array(await response.arrayBuffer());
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder (ENOENT). Check the path',
  EISDIR: 'it is a folder (EISDIR). Give the path of a file',
  ENOTDIR: 'a part of the path is no folder (ENOTDIR). Check the path',
  EACCES: 'permission is denied (EACCES)',
  ENOSPC: 'the disk is full (ENOSPC)',
};

/** What the file system says, in kompakt's words. */
function fileError(what: string, verb: 'read' | 'write', path: string | URL, error: unknown): ConfigError {
  const code = (error as { code?: unknown } | null)?.code;
  const reason = typeof code === 'string' && Object.hasOwn(REASONS, code) ? REASONS[code] : String(error);
  return new ConfigError(`${what}: can't ${verb} '${String(path)}': ${reason}.`, { cause: error });
}

const onFile = <T>(what: string, verb: 'read' | 'write', path: string | URL, work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw fileError(what, verb, path, error);
  });

/** Hands `bytes` to a sink; a file is replaced as a whole or not at all. A stream is written to and left open. */
export async function writeBytes(sink: ByteSink, bytes: Uint8Array, what: string): Promise<void> {
  if (typeof sink === 'string' || sink instanceof URL) return writeFileAtomic(sink, bytes, what);
  if (typeof sink === 'function') {
    await sink(bytes);
  } else if (typeof WritableStream !== 'undefined' && sink instanceof WritableStream) {
    const writer = sink.getWriter();
    try {
      await writer.write(bytes);
    } finally {
      writer.releaseLock();
    }
  } else if (typeof (sink as { write?: unknown } | null)?.write === 'function') {
    await (sink as { write(bytes: Uint8Array): unknown }).write(bytes);
  } else {
    throw new ConfigError(`${what}: expected a path, a function, a WritableStream or an object with write(bytes).`);
  }
}

let written = 0;

/**
 * Writes a file so that a reader sees the old one or the new one, never a part: the bytes go to a temporary file in the
 * same folder, are flushed to disk, and then take the old file's place. When anything fails the old file is left as it was
 * and no temporary file remains.
 */
export async function writeFileAtomic(path: string | URL, bytes: Uint8Array, what: string): Promise<void> {
  const fs = await requireFileSystem(String(path), what);
  const target = path instanceof URL ? decodeURIComponent(path.pathname) : path;
  const { pid } = (globalThis as unknown as { process: { pid: number } }).process;
  // The time, as a process that was killed may have had the same number and left such a file behind.
  const temporary = `${target}.${pid}-${Date.now().toString(36)}-${written++}.tmp`;
  try {
    const file = await fs.open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(temporary, target);
  } catch (error) {
    await fs.rm(temporary, { force: true }).catch(() => {});
    throw fileError(what, 'write', path, error);
  }
}

/** Adds text at the end of a file, which is made if missing. */
export async function appendText(path: string | URL, text: string, what: string): Promise<void> {
  const fs = await requireFileSystem(String(path), what);
  await onFile(what, 'write', path, fs.appendFile(path, text));
}

/** Makes a folder and those it lies in, where they are not there yet. */
export async function makeFolder(path: string, what: string): Promise<void> {
  const fs = await requireFileSystem(path, what);
  await onFile(
    what,
    'write',
    path,
    fs.mkdir(path, { recursive: true }).then(() => {}),
  );
}

/** Whether a file has something in it. */
export async function hasContent(path: string | URL, what: string): Promise<boolean> {
  const fs = await requireFileSystem(String(path), what);
  return fs.stat(path).then(
    (s) => s.size > 0,
    () => false,
  );
}
