/*
 * Writes ONNX models of a few nodes, so that onnxruntime can be given the graph that is compared: protocol buffers by
 * hand, the fields of onnx.proto3 that are needed and no more.
 */

/** A message of protocol buffers in the making. */
class Message {
  readonly #bytes: number[] = [];

  varint(value: number): this {
    let rest = value;
    while (rest > 127) {
      this.#bytes.push((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.#bytes.push(rest);
    return this;
  }

  /** A whole number that is not negative. */
  number(field: number, value: number): this {
    return this.varint(field << 3).varint(value);
  }

  float(field: number, value: number): this {
    this.varint((field << 3) | 5);
    this.#bytes.push(...new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.varint((field << 3) | 2).varint(value.length);
    for (const byte of value) this.#bytes.push(byte);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, value: Message): this {
    return this.bytes(field, value.encode());
  }

  encode(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** Numbers of the dtypes in onnx.proto3. */
const DTYPES = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 } as const;
export type OnnxDType = keyof typeof DTYPES;

export interface OnnxValue {
  readonly name: string;
  readonly dtype: OnnxDType;
  readonly shape: readonly number[];
}

/** A constant of the model. */
export interface OnnxConstant extends OnnxValue {
  readonly data: Float32Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;
}

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Integers, lists of integers, and text; a float is written `{ float: x }`. */
  readonly attributes?: Readonly<Record<string, number | readonly number[] | string | { readonly float: number }>>;
}

export interface OnnxGraph {
  readonly inputs: readonly OnnxValue[];
  readonly constants?: readonly OnnxConstant[];
  readonly nodes: readonly OnnxNode[];
  readonly output: OnnxValue;
}

/** The bytes of a model, opset 17. */
export function onnxModel({ inputs, constants = [], nodes, output }: OnnxGraph): Uint8Array {
  const graph = new Message();
  for (const node of nodes) graph.message(1, nodeOf(node));
  graph.text(2, 'bench');
  for (const constant of constants) graph.message(5, tensorOf(constant));
  for (const input of inputs) graph.message(11, valueOf(input));
  graph.message(12, valueOf(output));
  return new Message().number(1, 8).message(7, graph).message(8, new Message().text(1, '').number(2, 17)).encode();
}

function nodeOf({ op, inputs, output, attributes = {} }: OnnxNode): Message {
  const node = new Message();
  for (const input of inputs) node.text(1, input);
  node.text(2, output).text(4, op);
  for (const [name, value] of Object.entries(attributes)) {
    const attribute = new Message().text(1, name);
    if (typeof value === 'number') attribute.number(3, value).number(20, 2);
    else if (typeof value === 'string') attribute.text(4, value).number(20, 3);
    else if ('float' in value) attribute.float(2, value.float).number(20, 1);
    else {
      for (const one of value) attribute.number(8, one);
      attribute.number(20, 7);
    }
    node.message(5, attribute);
  }
  return node;
}

function tensorOf({ name, dtype, shape, data }: OnnxConstant): Message {
  const tensor = new Message();
  for (const size of shape) tensor.number(1, size);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return tensor.number(2, DTYPES[dtype]).text(8, name).bytes(9, bytes);
}

function valueOf({ name, dtype, shape }: OnnxValue): Message {
  const dims = new Message();
  for (const size of shape) dims.message(1, new Message().number(1, size));
  const type = new Message().message(1, new Message().number(1, DTYPES[dtype]).message(2, dims));
  return new Message().text(1, name).message(2, type);
}
