import type { MemoryImport } from './assembler/index';

/**
 * The bytes of a module that need not be generated. Here there are none: what is published for Node has another function in
 * its place, which knows the modules of the commonest products (`scripts/published/ready-made.ts`).
 */
export function readyModule(_key: string, _memory: MemoryImport): Uint8Array<ArrayBuffer> | undefined {
  return undefined;
}
