import { describe, expect, it } from 'vitest';
import {
  memory as bulk,
  f32,
  f32x4,
  f64,
  f64x2,
  i8x16,
  i16x8,
  i32,
  i32x4,
  i64,
  i64x2,
  ModuleBuilder,
  type V128,
  v128,
} from '../../../src/backends/wasm/assembler/index';
import { detectFeatures } from '../../../src/backends/wasm/features';

const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });

function compile<E>(build: (m: ModuleBuilder) => void, imports: WebAssembly.ModuleImports = {}): E {
  const module = new ModuleBuilder();
  build(module);
  return new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { ...imports, memory } })
    .exports as E;
}

/** The 16 bytes a vector expression of a (at 0) and b (at 16) comes to. */
function vector(a: ArrayBufferView, b: ArrayBufferView, expr: (a: V128, b: V128) => V128): ArrayBuffer {
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(new Uint8Array(a.buffer), 0);
  bytes.set(new Uint8Array(b.buffer), 16);
  const { run } = compile<{ run(): void }>((m) => {
    m.func('run', [], 'void', (f) => f.do(v128.store(i32.const(32), expr(v128.load(0), v128.load(0, 16)))));
  });
  run();
  return memory.buffer.slice(32, 48);
}

describe('assembler', () => {
  it('encodes constants of every size', () => {
    for (const value of [0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, -8193, 2 ** 31 - 1, -(2 ** 31)]) {
      const { run } = compile<{ run(): number }>((m) => {
        m.func('run', [], 'i32', (f) => f.result(i32.const(value)));
      });
      expect(run()).toBe(value);
    }
    for (const value of [0n, -1n, 2n ** 40n, -(2n ** 63n), 2n ** 63n - 1n]) {
      const { run } = compile<{ run(): bigint }>((m) => {
        m.func('run', [], 'i64', (f) => f.result(i64.const(value)));
      });
      expect(run()).toBe(value);
    }
  });

  it('writes the bytes of the specification', () => {
    const m = new ModuleBuilder({ shared: true, maximumPages: 300 });
    const half = m.import('half', ['f64'], 'f64');
    const table = m.tableOf(['i32'], 'void');
    const four = m.func('four', ['i32', 'i32', 'i32', 'i32'], 'i32', (f, a, b, c, d) => {
      const sum = f.local('i32', i32.sub(a, b));
      f.result(i32.add(f.tee(sum, i32.add(sum, c)), d));
    });
    m.func('run', [], 'void', (f) => {
      const [x, y] = f.locals('v128', 2);
      f.set(x, v128.load(1, 200));
      f.set(y, i8x16.shuffle(x, y, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 31]));
      f.do(v128.store32Lane(-2, f32x4.relaxedMadd(x, y, f32x4.const(1, 2, 3, 4)), 3, 16));
      f.drop(f.call(half, 0.5));
      f.loop((again) => f.brIf(again, i32.eq(f.call(four, 1, 2, 3, 4), 64)));
      f.do(f.callIndirect(table, 300, 5));
      f.do(bulk.copy(1, 2, 3));
      f.do(bulk.fill(1, 2, 3));
      f.do(i64.atomicStore(8, i64.const(-65)));
      f.do(f32.store(0, 1.5, 4));
    });
    const name = (text: string) => [text.length, ...text].map((c) => (typeof c === 'number' ? c : c.charCodeAt(0)));
    const local = (i: number) => [0x20, i];
    const constant = (...bytes: number[]) => [0x41, ...bytes];
    const oneToFour = [1, 2, 3, 4].flatMap((c) => [...new Uint8Array(new Float32Array([c]).buffer)]);
    const code = {
      // sum = a − b; (sum = sum + c) + d
      four: [
        ...[1, 1, 0x7f, ...local(0), ...local(1), 0x6b, 0x21, 4],
        ...[...local(4), ...local(2), 0x6a, 0x22, 4, ...local(3), 0x6a, 0x0b],
      ],
      run: [
        ...[2, 1, 0x7b, 1, 0x7b],
        ...[...constant(1), 0xfd, 0, 4, 0xc8, 1, 0x21, 0],
        ...[...local(0), ...local(1), 0xfd, 13, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 31, 0x21, 1],
        ...[...constant(0x7e), ...local(0), ...local(1), 0xfd, 12, ...oneToFour, 0xfd, 0x85, 2, 0xfd, 90, 2, 16, 3],
        ...[0x44, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f, 0x10, 0, 0x1a],
        ...[
          0x03,
          0x40,
          ...[1, 2, 3, 4].flatMap((c) => constant(c)),
          0x10,
          1,
          ...constant(0xc0, 0),
          0x46,
          0x0d,
          0,
          0x0b,
        ],
        ...[...constant(5), ...constant(0xac, 2), 0x11, 1, 0],
        ...[...constant(1), ...constant(2), ...constant(3), 0xfc, 10, 0, 0],
        ...[...constant(1), ...constant(2), ...constant(3), 0xfc, 11, 0],
        ...[...constant(8), 0x42, 0xbf, 0x7f, 0xfe, 0x18, 3, 0],
        ...[...constant(0), 0x43, 0, 0, 0xc0, 0x3f, 0x38, 2, 4, 0x0b],
      ],
    };
    const section = (id: number, items: readonly (readonly number[])[]) => {
      const content = [items.length, ...items.flat()];
      const size = content.length < 128 ? [content.length] : [(content.length % 128) + 128, content.length >> 7];
      return [id, ...size, ...content];
    };
    const sized = (body: readonly number[]) =>
      body.length < 128 ? [body.length, ...body] : [(body.length % 128) + 128, body.length >> 7, ...body];
    expect([...m.encode()]).toEqual([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, [
        [0x60, 1, 0x7c, 1, 0x7c],
        [0x60, 1, 0x7f, 0],
        [0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f],
        [0x60, 0, 0],
      ]),
      ...section(2, [
        [...name('env'), ...name('memory'), 2, 3, 0, 0xac, 2],
        [...name('env'), ...name('table'), 1, 0x70, 0, 0],
        [...name('env'), ...name('half'), 0, 0],
      ]),
      ...section(3, [[2], [3]]),
      ...section(7, [
        [...name('four'), 0, 1],
        [...name('run'), 0, 2],
      ]),
      ...section(10, [sized(code.four), sized(code.run)]),
    ]);
  });

  it('keeps vector constants in locals where a function asks for it, each once', () => {
    const build = (keeps: boolean) => (m: ModuleBuilder) =>
      m.func('run', ['i32'], 'void', (f, rounds) => {
        const sum = f.local('v128', f32x4.const(0.5));
        if (keeps) f.keepConstants();
        const i = f.local('i32');
        f.for(i, 0, rounds, 1, () => {
          f.set(sum, f32x4.add(f32x4.mul(sum, f32x4.const(3, 4, 5, 6)), v128.zero()));
          f.set(sum, f32x4.sub(sum, f32x4.const(3, 4, 5, 6)));
        });
        f.do(v128.store(i32.const(32), f32x4.add(sum, f32x4.const(0.5))));
      });
    const results = [false, true].map((keeps) => {
      compile<{ run(rounds: number): void }>(build(keeps)).run(3);
      return [...new Float32Array(memory.buffer, 32, 4)];
    });
    expect(results[1]).toEqual(results[0]);
    expect(results[0]).toEqual([3, 4, 5, 6].map((c) => [1, 2, 3].reduce((x) => x * c - c, 0.5) + 0.5));
    const [plain, kept] = [false, true].map((keeps) => {
      const m = new ModuleBuilder();
      build(keeps)(m);
      return [...m.encode()].join().split([0xfd, 12].join()).length - 1;
    });
    // 0.5 twice, the vector twice, zero once; kept: once each.
    expect([plain, kept]).toEqual([5, 3]);
  });

  it('does scalar arithmetic, comparisons and conversions', () => {
    type Binary = (a: number, b: number) => number;
    const e = compile<Record<string, Binary>>((m) => {
      for (const name of [
        'add',
        'sub',
        'mul',
        'divS',
        'remU',
        'and',
        'or',
        'xor',
        'shl',
        'shrS',
        'shrU',
        'ltS',
        'ltU',
        'geU',
      ] as const) {
        m.func(name, ['i32', 'i32'], 'i32', (f, a, b) => f.result(i32[name](a, b)));
      }
      m.func('hypot', ['f64', 'f64'], 'f64', (f, a, b) => f.result(f64.sqrt(f64.add(f64.mul(a, a), f64.mul(b, b)))));
      m.func('single', ['f64', 'f64'], 'f32', (f, a, b) => f.result(f32.max(f32.demote(a), f32.demote(b))));
      m.func('select', ['i32', 'i32'], 'f64', (f, a, b) =>
        f.result(f64.select(i32.gtS(a, b), f64.convertI32S(a), 0.5)),
      );
    });
    expect([e.add!(7, -3), e.sub!(7, -3), e.mul!(7, -3), e.divS!(-7, 2), e.remU!(7, 4)]).toEqual([4, 10, -21, -3, 3]);
    expect([e.and!(6, 3), e.or!(6, 3), e.xor!(6, 3), e.shl!(1, 4), e.shrS!(-8, 1), e.shrU!(-1, 28)]).toEqual([
      2, 7, 5, 16, -4, 15,
    ]);
    expect([e.ltS!(-1, 1), e.ltU!(-1, 1), e.geU!(-1, 1)]).toEqual([1, 0, 1]);
    expect([e.hypot!(3, 4), e.single!(0.1, 0), e.select!(3, 2), e.select!(1, 2)]).toEqual([
      5,
      Math.fround(0.1),
      3,
      0.5,
    ]);
  });

  it('has loops, branches, calls and calls to the host', () => {
    const e = compile<{
      sum(n: number): number;
      classify(x: number): number;
      twice(x: number): number;
      count(): number;
    }>(
      (m) => {
        const host = m.import('half', ['f64'], 'f64');
        m.func('sum', ['i32'], 'i32', (f, n) => {
          const total = f.local('i32');
          const i = f.local('i32');
          f.for(i, 0, n, 1, () => f.increment(total, i));
          f.result(total);
        });
        const inner = m.func('classify', ['i32'], 'i32', (f, x) => {
          const kind = f.local('i32', 9);
          f.if(
            i32.ltS(x, 0),
            () => f.set(kind, -1),
            () => {
              f.if(i32.eqz(x), () => f.return(i32.const(0)));
              f.set(kind, 1);
            },
          );
          f.result(kind);
        });
        m.func('twice', ['f64'], 'f64', (f, x) => f.result(f64.mul(f.call(host, x), 4)));
        m.func('count', [], 'i32', (f) => {
          const i = f.local('i32', 10);
          f.block((leave) => {
            f.loop((again) => {
              f.brIf(leave, i32.eq(f.call(inner, i), 0));
              f.set(i, i32.sub(i, 1));
              f.br(again);
            });
          });
          f.result(i);
        });
      },
      { half: (x: number) => x / 2 },
    );
    expect(e.sum(0)).toBe(0);
    expect(e.sum(10)).toBe(45);
    expect([e.classify(-5), e.classify(0), e.classify(5)]).toEqual([-1, 0, 1]);
    expect(e.twice(3)).toBe(6);
    expect(e.count()).toBe(0);
  });

  it('does float vectors', () => {
    const a = new Float32Array([1.5, -2.5, NaN, -0]);
    const b = new Float32Array([2, 2, 1, 0]);
    const f = (expr: (a: V128, b: V128) => V128) => [...new Float32Array(vector(a, b, expr))];
    expect(f(f32x4.add)).toEqual([3.5, -0.5, NaN, 0]);
    expect(f(f32x4.max)).toEqual([2, 2, NaN, 0]);
    expect(f(f32x4.pmax)).toEqual([2, 2, NaN, -0]);
    expect(f(f32x4.nearest)).toEqual([2, -2, NaN, -0]);
    expect(f((x) => f32x4.splat(f32x4.extract(x, 1)))).toEqual([-2.5, -2.5, -2.5, -2.5]);
    expect(f((x) => f32x4.replace(x, 2, 9))).toEqual([1.5, -2.5, 9, -0]);
    expect(f((x, y) => v128.bitselect(x, y, f32x4.lt(x, y)))).toEqual([1.5, -2.5, 1, 0]);
    expect(f(() => v128.load32Lane(0, v128.load32Splat(16), 3, 4))).toEqual([2, 2, 2, -2.5]);
    expect(f(() => v128.load64Zero(0, 4))).toEqual([-2.5, NaN, 0, 0]);
    const d = (expr: (a: V128, b: V128) => V128) => [...new Float64Array(vector(a, b, expr))];
    expect(d((x) => f64x2.mul(f64x2.promoteLowF32x4(x), f64x2.const(3, 4)))).toEqual([4.5, -10]);
    expect(f((x) => f32x4.demoteF64x2Zero(f64x2.sqrt(f64x2.abs(f64x2.promoteLowF32x4(x)))))).toEqual([
      Math.fround(Math.sqrt(1.5)),
      Math.fround(Math.sqrt(2.5)),
      0,
      0,
    ]);
  });

  it('does integer vectors', () => {
    const a = new Int8Array([1, -2, 3, -4, 100, 127, -128, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
    const b = new Int8Array([5, 6, 7, 8, 100, 127, -128, 9, 1, -1, 1, -1, 3, 3, 3, 3]);
    const bytes = (expr: (a: V128, b: V128) => V128) => [...new Int8Array(vector(a, b, expr))];
    const words = (expr: (a: V128, b: V128) => V128) => [...new Int32Array(vector(a, b, expr))];
    expect(bytes(i8x16.addSatS).slice(0, 8)).toEqual([6, 4, 10, 4, 127, 127, -128, 9]);
    expect(bytes((x, y) => i8x16.shuffle(x, y, [0, 16, 1, 17, 2, 18, 3, 19, 0, 0, 0, 0, 31, 31, 31, 31]))).toEqual([
      1, 5, -2, 6, 3, 7, -4, 8, 1, 1, 1, 1, 3, 3, 3, 3,
    ]);
    expect(bytes((x) => i8x16.swizzle(x, i8x16.const(20)))).toEqual(new Array(16).fill(0));
    expect(words((x, y) => i32x4.dotI16x8S(i16x8.extendLowI8x16S(x), i16x8.extendLowI8x16S(y)))).toEqual([
      -7, -11, 26129, 16384,
    ]);
    expect(words((x) => i32x4.extaddPairwiseI16x8S(i16x8.extaddPairwiseI8x16S(x)))).toEqual([-2, 99, 4, 8]);
    expect(words((x) => i32x4.shrS(i32x4.shl(x, 24), 24))).toEqual([1, 100, 1, 2]);
    expect(words((x) => i64x2.splat(i64x2.extract(x, 0)))).toEqual(
      words((x) => i64x2.shrU(i64x2.shl(i64x2.splat(i64x2.extract(x, 0)), 0), 0)),
    );
    expect(
      bytes((x) => i8x16.narrowI16x8S(i16x8.narrowI32x4S(i32x4.const(1, 70000, -70000, 5), i32x4.const(2)), x)).slice(
        0,
        8,
      ),
    ).toEqual([1, 127, -128, 5, 2, 2, 2, 2]);
    const bits = compile<{ run(): number }>((m) => {
      m.func('run', [], 'i32', (f) => f.result(i8x16.bitmask(i8x16.ltS(v128.load(0), v128.zero()))));
    });
    expect(bits.run()).toBe(0b1001010 & 0xffff);
  });

  it('copies and fills memory', () => {
    const e = compile<{ run(): void }>((m) => {
      m.func('run', [], 'void', (f) => {
        f.do(bulk.fill(100, 7, 10));
        f.do(bulk.copy(200, 100, 8));
        f.do(i32.store16(300, 0x0102));
        f.do(i64.store(i32.const(304), i64.add(i64.const(2n ** 40n), i64.extendI32S(-1))));
      });
    });
    e.run();
    expect([...new Uint8Array(memory.buffer, 199, 10)]).toEqual([0, 7, 7, 7, 7, 7, 7, 7, 7, 0]);
    expect([...new Uint8Array(memory.buffer, 300, 2)]).toEqual([2, 1]);
    expect(new BigInt64Array(memory.buffer, 304, 1)[0]).toBe(2n ** 40n - 1n);
  });

  it('validates every vector instruction', () => {
    const { relaxedSimd } = detectFeatures();
    const x = v128.load(0);
    let count = 0;
    for (const family of [v128, i8x16, i16x8, i32x4, i64x2, f32x4, f64x2]) {
      for (const [name, make] of Object.entries(family) as [string, (...args: unknown[]) => V128][]) {
        if (name.startsWith('relaxed') && !relaxedSimd) continue;
        const module = new ModuleBuilder();
        module.func('run', [], 'void', (f) => {
          const value = make(...argumentsFor(name, family));
          if ((value.type as string) === 'void') f.do(value as never);
          else f.drop(value);
        });
        expect(WebAssembly.validate(module.encode()), name).toBe(true);
        count++;
      }
    }
    expect(count).toBeGreaterThan(240);

    function argumentsFor(name: string, family: object): unknown[] {
      const scalar =
        family === f32x4
          ? f32.const(1)
          : family === f64x2
            ? f64.const(1)
            : family === i64x2
              ? i64.const(1)
              : i32.const(1);
      if (name === 'const') return family === v128 ? [new Array(16).fill(0)] : [1];
      if (name.startsWith('load')) return name.endsWith('Lane') ? [0, x, 1] : [0];
      if (name.startsWith('store')) return name.endsWith('Lane') ? [0, x, 1] : [0, x];
      if (name === 'splat') return [scalar];
      if (name.startsWith('extract')) return [x, 1];
      if (name === 'replace') return [x, 1, scalar];
      if (name === 'shuffle') return [x, x, new Array(16).fill(3)];
      if (name.startsWith('sh')) return [x, 3];
      return [x, x, x];
    }
  });

  it('refuses what can only be a mistake, and says which', () => {
    expect(() => compile((m) => m.func('f', ['f32'], 'void', (f, x) => f.set(f.local('i32'), x as never)))).toThrow(
      /expected a value of type i32, got f32/,
    );
    expect(() =>
      compile((m) => {
        m.func('f', [], 'void', () => {});
        m.import('late', [], 'void');
      }),
    ).toThrow(/import 'late' before/);
  });
});
