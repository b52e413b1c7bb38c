import { BackendError } from '../../core/errors';

/** WGSL type of the elements of a bound array. */
export type ElementType = 'f32' | 'i32' | 'u32' | 'f16' | 'vec4<f16>' | 'vec4<f32>' | 'vec4<i32>' | 'vec2<u32>';

/** WGSL type of a parameter. */
export type ParameterType = 'u32' | 'i32' | 'f32';

/** A kernel as text. Arrays and parameters go by the names given here; the parameters are fields of `p`. */
export interface CodeSpec {
  /** Arrays that are read, in the order in which operands are bound to them. */
  readonly reads: Readonly<Record<string, ElementType>>;
  /** Arrays that are written, too. */
  readonly writes: Readonly<Record<string, ElementType>>;
  readonly params: Readonly<Record<string, ParameterType>>;
  /** Invocations of a workgroup, along x; by default 64. */
  readonly workgroup?: number;
  /** Declarations before `main`: functions, variables of the workgroup, directives left out. */
  readonly declarations?: string;
  /**
   * Statements of the entry point. It knows `group` and `groups`, the number of the workgroup and how many there are (a few
   * more than asked for, possibly), `lane`, the invocation within it, and `id`, the invocation among all; all are u32.
   */
  readonly main: string;
  /** Whether the code itself needs the extension `f16`, which arrays of such numbers bring. */
  readonly half?: boolean;
}

/** A kernel, compiled. */
export interface Code {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly fields: readonly (readonly [name: string, type: ParameterType])[];
  /** Of the parameters, a multiple of 16. */
  readonly paramBytes: number;
  readonly workgroup: number;
}

/** Invocations per workgroup where nothing asks for more. */
export const WORKGROUP = 64;

const UNIFORM_NAME = 'p';

/** The text of a kernel: declarations of what is bound around the statements of the spec. */
export function wgsl({
  reads,
  writes,
  params,
  workgroup = WORKGROUP,
  declarations = '',
  main,
  half,
}: CodeSpec): string {
  const types = [...Object.values(reads), ...Object.values(writes)];
  const lines: string[] = half === true || types.some((t) => t.includes('f16')) ? ['enable f16;'] : [];
  let binding = 1;
  lines.push(`struct Params { ${fieldsOf(params)} }`);
  lines.push(`@group(0) @binding(0) var<uniform> ${UNIFORM_NAME}: Params;`);
  for (const [name, type] of Object.entries(reads)) {
    lines.push(`@group(0) @binding(${binding++}) var<storage, read> ${name}: array<${type}>;`);
  }
  for (const [name, type] of Object.entries(writes)) {
    lines.push(`@group(0) @binding(${binding++}) var<storage, read_write> ${name}: array<${type}>;`);
  }
  lines.push(
    declarations,
    `@compute @workgroup_size(${workgroup})`,
    'fn main(@builtin(workgroup_id) place: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {',
    'let groups = grid.x * grid.y;',
    'let group = place.y * grid.x + place.x;',
    `let id = group * ${workgroup}u + lane;`,
    main,
    '}',
  );
  return lines.join('\n');
}

/** A uniform buffer has at least one field. */
function fieldsOf(params: CodeSpec['params']): string {
  const fields = Object.entries(params).map(([name, type]) => `${name}: ${type}`);
  return (fields.length === 0 ? ['unused: u32'] : fields).join(', ');
}

/** Kernels by their keys, each compiled once. */
export class CodeLibrary {
  readonly #device: GPUDevice;
  readonly #codes = new Map<string, Code>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** The kernel that goes by `key`, made of what `build` says where it is new. */
  code(key: string, build: () => CodeSpec): Code {
    let code = this.#codes.get(key);
    if (code === undefined) {
      code = this.#compile(key, build());
      this.#codes.set(key, code);
    }
    return code;
  }

  #compile(label: string, spec: CodeSpec): Code {
    const device = this.#device;
    const { workgroup = WORKGROUP } = spec;
    const reads = Object.keys(spec.reads).length;
    const writes = Object.keys(spec.writes).length;
    const most = device.limits.maxStorageBuffersPerShaderStage;
    if (reads + writes > most) {
      throw new BackendError(`webgpu: ${label} binds ${reads + writes} buffers; this device has ${most}.`);
    }
    const layout = this.#layout(reads, writes);
    const module = device.createShaderModule({ label, code: wgsl(spec) });
    const pipeline = device.createComputePipeline({
      label,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main' },
    });
    const fields = Object.entries(spec.params);
    return { pipeline, layout, fields, paramBytes: Math.max(1, Math.ceil(fields.length / 4)) * 16, workgroup };
  }

  #layout(reads: number, writes: number): GPUBindGroupLayout {
    const key = `${reads} ${writes}`;
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      const visibility = 4;
      const entries: GPUBindGroupLayoutEntry[] = [
        { binding: 0, visibility, buffer: { type: 'uniform', hasDynamicOffset: true } },
      ];
      for (let i = 0; i < reads + writes; i++) {
        entries.push({ binding: i + 1, visibility, buffer: { type: i < reads ? 'read-only-storage' : 'storage' } });
      }
      layout = this.#device.createBindGroupLayout({ entries });
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}
