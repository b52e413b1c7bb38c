import { ModuleBuilder, i32, i32x4, i8x16, v128, f32x4 } from '../src/backends/wasm/assembler/index';
import { detectFeatures } from '../src/backends/wasm/features';
const features = detectFeatures();
console.log(process.version, features);
type Kind = 'i16' | 'vnni' | 'f32';
function build(kind: Kind, rows: number, vecs: number, access: 'splat' | 'shuffle', inRows: boolean) {
  const m = new ModuleBuilder({ maximumPages: 100 });
  const dot = (a: any, b: any, s: any) => kind === 'i16' ? i32x4.add(s, i32x4.dotI16x8S(a, b)) : kind === 'vnni' ? i32x4.relaxedDotI8x16I7x16AddS(b, a, s) : f32x4.relaxedMadd(a, b, s);
  m.func('run', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], 'void', (f, a, b, c, k, aRow, times) => {
    const acc = Array.from({ length: rows }, () => f.locals('v128', vecs));
    const p = f.local('i32'); const bb = f.local('i32');
    const ptr = inRows ? Array.from({ length: rows }, () => f.local('i32')) : [f.local('i32')];
    const bs = f.locals('v128', vecs); const x = f.local('v128'); const as = f.locals('v128', rows);
    f.while(times, () => {
      acc.flat().forEach((s) => f.set(s, v128.zero()));
      f.set(bb, b);
      ptr.forEach((q, r) => f.set(q, i32.add(a, i32.mul(aRow, r))));
      // k counts packed elements (4 bytes)
      f.for(p, 0, k, 4, () => {
        if (access === 'shuffle') as.forEach((v, r) => f.set(v, inRows ? v128.load(ptr[r]!) : v128.load(ptr[0]!, 16 * r)));
        for (let u = 0; u < 4; u++) {
          bs.forEach((v, i) => f.set(v, v128.load(bb, u * vecs * 16 + 16 * i)));
          acc.forEach((row, r) => {
            if (access === 'shuffle') f.set(x, i8x16.shuffle(as[r]!, as[r]!, Array.from({ length: 16 }, (_, i) => 4 * u + (i & 3))));
            else f.set(x, inRows ? v128.load32Splat(ptr[r]!, 4 * u) : v128.load32Splat(ptr[0]!, (u * rows + r) * 4));
            row.forEach((s, v) => f.set(s, dot(x, bs[v]!, s)));
          });
        }
        ptr.forEach((q) => f.increment(q, inRows ? 16 : 16 * rows));
        f.increment(bb, 64 * vecs);
      });
      acc.flat().forEach((s, i) => f.do(v128.store(c, s, 16 * i)));
      f.set(times, i32.sub(times, 1));
    });
  });
  const memory = new WebAssembly.Memory({ initial: 100, maximum: 100 });
  const inst = new WebAssembly.Instance(new WebAssembly.Module(m.encode()), { env: { memory } });
  return (inst.exports as any).run as (...a: number[]) => void;
}
const per = { i16: 2, vnni: 4, f32: 1 };
const all: any[] = [];
for (const kind of ['i16', 'vnni', 'f32'] as Kind[]) for (const [rows, vecs] of [[4, 2], [6, 2], [4, 3], [5, 2], [3, 3], [2, 4], [8, 1]] as const) for (const access of ['splat', 'shuffle'] as const) for (const inRows of [true, false]) {
  if (kind === 'f32' && !inRows) continue;
  all.push({ kind, rows, vecs, access, inRows, run: build(kind, rows, vecs, access, inRows), best: 1e9 });
}
const k = 128; const times = 400;
for (let round = 0; round < 25; round++) for (const t of all) {
  const s = performance.now(); t.run(65536, 131072, 300000, k, 4 * k + 64, times); const e = performance.now() - s;
  if (round > 4) t.best = Math.min(t.best, e);
}
for (const kind of ['i16', 'vnni', 'f32'])
console.log(kind, all.filter((t) => t.kind === kind).map((t) => [t, (t.rows * t.vecs * 4 * k * per[t.kind as Kind] * times) / t.best / 1e6] as const).sort((a, b) => b[1] - a[1]).slice(0, 12).map(([t, g]) => `${t.rows}x${4 * t.vecs}${t.access[1] === 'p' ? '' : 's'}${t.inRows ? 'r' : 'p'}:${g.toFixed(0)}`).join(' '));
