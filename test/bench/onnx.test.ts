import { describe, expect, it } from 'vitest';
import { onnxModel } from '../../bench/onnx';
import { permute, TO_CHANNELS_FIRST, TO_CHANNELS_LAST } from '../../bench/peers/layout';

/** The fields of a message of protocol buffers: numbers, and the bytes of all else. */
function fieldsOf(bytes: Uint8Array): [number, number | Uint8Array][] {
  const fields: [number, number | Uint8Array][] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  const take = (n: number): Uint8Array => {
    at += n;
    return bytes.subarray(at - n, at);
  };
  while (at < bytes.length) {
    const key = varint();
    fields.push([key >> 3, (key & 7) === 0 ? varint() : take((key & 7) === 5 ? 4 : varint())]);
  }
  return fields;
}

const all = (bytes: Uint8Array, field: number) => fieldsOf(bytes).flatMap(([f, v]) => (f === field ? [v] : []));
const child = (bytes: Uint8Array, field: number) => all(bytes, field)[0] as Uint8Array;
const text = (bytes: Uint8Array, field: number) => new TextDecoder().decode(child(bytes, field));

describe('ONNX models', () => {
  const model = onnxModel({
    inputs: [{ name: 'x', dtype: 'float32', shape: [1, 300] }],
    constants: [{ name: 'w', dtype: 'int8', shape: [3], data: Int8Array.of(1, -2, 3) }],
    nodes: [
      { op: 'Conv', inputs: ['x', 'w'], output: 'y', attributes: { group: 200, pads: [0, 1], alpha: { float: 0.5 } } },
    ],
    output: { name: 'y', dtype: 'float32', shape: [1, 2] },
  });
  const graph = child(model, 7);

  it('have a version, an opset, a graph of nodes', () => {
    expect(all(model, 1)).toEqual([8]);
    expect(all(child(model, 8), 2)).toEqual([17]);
    const node = child(graph, 1);
    expect(text(node, 4)).toBe('Conv');
    expect(all(node, 1).map((v) => new TextDecoder().decode(v as Uint8Array))).toEqual(['x', 'w']);
    expect(text(node, 2)).toBe('y');
  });

  it('have attributes of integers, lists and floats', () => {
    const [group, pads, alpha] = all(child(graph, 1), 5) as Uint8Array[];
    expect([text(group!, 1), all(group!, 3), all(group!, 20)]).toEqual(['group', [200], [2]]);
    expect([all(pads!, 8), all(pads!, 20)]).toEqual([[0, 1], [7]]);
    expect(new DataView(child(alpha!, 2).slice().buffer).getFloat32(0, true)).toBe(0.5);
  });

  it('have shapes, and constants as raw bytes', () => {
    const shape = child(child(child(child(graph, 11), 2), 1), 2);
    expect((all(shape, 1) as Uint8Array[]).map((dim) => all(dim, 1)[0])).toEqual([1, 300]);
    const constant = child(graph, 5);
    expect([all(constant, 1), all(constant, 2), text(constant, 8)]).toEqual([[3], [3], 'w']);
    expect([...child(constant, 9)]).toEqual([1, 254, 3]);
  });
});

describe('layouts', () => {
  it('are changed as NumPy’s transpose does, and back', () => {
    const shape = [2, 2, 3, 4];
    const x = Float32Array.from({ length: 48 }, (_, i) => i);
    const first = permute(x, shape, TO_CHANNELS_FIRST);
    // Element [b, h, w, c] goes to [b, c, h, w].
    expect(first[((1 * 4 + 3) * 2 + 1) * 3 + 2]).toBe(x[((1 * 2 + 1) * 3 + 2) * 4 + 3]);
    expect(permute(first, [2, 4, 2, 3], TO_CHANNELS_LAST)).toEqual(x);
  });
});
