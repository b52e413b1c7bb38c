import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

/** What a page needs to have SharedArrayBuffer, and so threads. */
export const ISOLATED: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
};

/** A server on this machine alone. */
export interface PageServer {
  readonly address: string;
  /** Sent with every answer; may be changed between requests. */
  headers: Readonly<Record<string, string>>;
  close(): void;
}

/**
 * Serves files by path (`'index.html'` for the root), or those of a folder.
 *
 * @param files - contents by path, or the folder.
 */
export async function serve(files: ReadonlyMap<string, string | Uint8Array> | string): Promise<PageServer> {
  const find = (path: string): string | Uint8Array | undefined => {
    if (typeof files !== 'string') return files.get(path);
    const file = join(files, path);
    return file.startsWith(join(files)) && existsSync(file) ? readFileSync(file) : undefined;
  };
  const own: { headers: Readonly<Record<string, string>> } = { headers: {} };
  const server = createServer(({ url = '/' }, response) => {
    const path = new URL(url, 'http://localhost').pathname.slice(1) || 'index.html';
    const found = find(path);
    const type = TYPES[extname(path)] ?? 'application/octet-stream';
    response.writeHead(found === undefined ? 404 : 200, { 'Content-Type': type, ...own.headers }).end(found);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return Object.assign(own, {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => void server.close(),
  });
}
