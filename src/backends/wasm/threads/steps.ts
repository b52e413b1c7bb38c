import { CHAINED, CHUNK, CHUNKS, CODE, HOST, KIND, PARAMS, type TASK, UNITS } from './layout';

/** One step, as it is written into memory. */
export interface StepRecord {
  readonly kind: typeof TASK | typeof HOST;
  readonly code: number;
  readonly params: number;
  readonly units: number;
  readonly chunk: number;
  readonly chunks: number;
  readonly chained: number;
}

/** Writes a step at `address`. */
export function writeStep(words: Int32Array, address: number, step: StepRecord): void {
  const at = address / 4;
  words[at + KIND / 4] = step.kind;
  words[at + CODE / 4] = step.code;
  words[at + PARAMS / 4] = step.params;
  words[at + UNITS / 4] = step.units;
  words[at + CHUNK / 4] = step.chunk;
  words[at + CHUNKS / 4] = step.chunks;
  words[at + CHAINED / 4] = step.chained;
}

/** The record at which the main thread takes over. */
export const HOST_STEP: StepRecord = { kind: HOST, code: 0, params: 0, units: 0, chunk: 0, chunks: 0, chained: 0 };
