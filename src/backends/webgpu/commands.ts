import { BackendError } from '../../core/errors';
import type { Code } from './code';
import { type Memory, type Range, uniformBuffer } from './memory';

/** An array as it is bound. */
export interface Binding extends Range {
  readonly memory: Memory;
}

/** Parameters of a kernel start at multiples of this many bytes. */
export const PARAM_STEP = 256;
/** Bytes of parameters that one batch holds: those of a few hundred kernels. */
const MOST_BYTES = 512 * PARAM_STEP;

/** The bytes that the parameters of a kernel take. */
export function paramSpan({ paramBytes }: Code): number {
  return Math.ceil(paramBytes / PARAM_STEP) * PARAM_STEP;
}

/** Which part of a grid a number of workgroups is: x by y, with as few too many as possible. */
export function gridOf(groups: number, mostPerDimension: number): readonly [x: number, y: number] {
  const y = Math.ceil(groups / mostPerDimension);
  return [Math.ceil(groups / y), y];
}

/** Writes the parameters of a kernel at `at` bytes of a buffer. */
export function writeParams(view: DataView, at: number, code: Code, params: Readonly<Record<string, number>>): void {
  code.fields.forEach(([name, type], i) => {
    const value = params[name];
    if (value === undefined) throw new BackendError(`webgpu: parameter '${name}' of a kernel has no value.`);
    if (type === 'f32') view.setFloat32(at + 4 * i, value, true);
    else if (type === 'u32') view.setUint32(at + 4 * i, value, true);
    else view.setInt32(at + 4 * i, value, true);
  });
}

/** The bind group of a kernel with its parameters in `params`. */
export function bindGroupOf(
  device: GPUDevice,
  code: Code,
  params: GPUBuffer,
  bindings: readonly Binding[],
): GPUBindGroup {
  const entries: GPUBindGroupEntry[] = [{ binding: 0, resource: { buffer: params, offset: 0, size: code.paramBytes } }];
  bindings.forEach(({ memory, start, size }, i) => {
    entries.push({ binding: i + 1, resource: { buffer: memory.buffer, offset: start, size } });
  });
  return device.createBindGroup({ layout: code.layout, entries });
}

/** Commands for one device, taken down one by one and submitted many at a time. */
export class Commands {
  readonly #device: GPUDevice;
  readonly #params: GPUBuffer;
  readonly #submitted: () => void;
  readonly #staged = new DataView(new ArrayBuffer(MOST_BYTES));
  /** Bytes of parameters that are staged. */
  #stagedBytes = 0;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #batch = 0;
  #submissions = 0;

  /** @param submitted - called after each submission. */
  constructor(device: GPUDevice, submitted: () => void) {
    this.#device = device;
    this.#submitted = submitted;
    this.#params = uniformBuffer(device, MOST_BYTES);
  }

  /** How often commands were submitted. */
  get submissions(): number {
    return this.#submissions;
  }

  /** Whether commands that are not yet submitted use `memory`. */
  isPending(memory: Memory): boolean {
    return this.#encoder !== null && memory.batch === this.#batch;
  }

  /** Runs a kernel. */
  dispatch(code: Code, bindings: readonly Binding[], params: Readonly<Record<string, number>>, groups: number): void {
    if (this.#stagedBytes + paramSpan(code) > MOST_BYTES) this.flush();
    const at = this.#stagedBytes;
    this.#stagedBytes += paramSpan(code);
    writeParams(this.#staged, at, code, params);
    this.dispatchPrepared(code, bindGroupOf(this.#device, code, this.#params, bindings), at, groups);
    for (const { memory } of bindings) memory.batch = this.#batch;
  }

  /** Runs a kernel whose parameters are in place, at `at` bytes of the buffer in the bind group. The caller marks memory as used. */
  dispatchPrepared(code: Code, bound: GPUBindGroup, at: number, groups: number): void {
    const [x, y] = gridOf(groups, this.#device.limits.maxComputeWorkgroupsPerDimension);
    const pass = this.#computePass();
    pass.setPipeline(code.pipeline);
    pass.setBindGroup(0, bound, [at]);
    pass.dispatchWorkgroups(x, y);
  }

  /** Marks memory as used by the commands of this batch. */
  use(memory: Memory): void {
    memory.batch = this.#batch;
  }

  copy(from: Memory, fromByte: number, to: Memory, toByte: number, bytes: number): void {
    this.#endPass();
    this.#commands().copyBufferToBuffer(from.buffer, fromByte, to.buffer, toByte, bytes);
    from.batch = this.#batch;
    to.batch = this.#batch;
  }

  /** Submits what was taken down. */
  flush(): void {
    if (this.#encoder === null) return;
    this.#endPass();
    const { queue } = this.#device;
    if (this.#stagedBytes > 0) queue.writeBuffer(this.#params, 0, this.#staged.buffer, 0, this.#stagedBytes);
    const commands = this.#encoder.finish();
    this.#encoder = null;
    this.#stagedBytes = 0;
    this.#batch++;
    this.#submissions++;
    queue.submit([commands]);
    this.#submitted();
  }

  #commands(): GPUCommandEncoder {
    this.#encoder ??= this.#device.createCommandEncoder();
    return this.#encoder;
  }

  #computePass(): GPUComputePassEncoder {
    this.#pass ??= this.#commands().beginComputePass();
    return this.#pass;
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = null;
  }
}
