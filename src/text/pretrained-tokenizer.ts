import { ConfigError, FormatError } from '../core/errors';
import { checkOptions } from '../core/options';
import { importPeer } from '../core/peer';
import { shown } from '../core/shown';
import { type ByteSource, readBytes } from '../data/files';

/** What is used of a tokenizer of the package `@huggingface/tokenizers`. */
interface PeerTokenizer {
  encode(
    text: string,
    options: { text_pair?: string | null; add_special_tokens?: boolean },
  ): { ids: number[]; tokens: string[]; attention_mask: number[] };
  decode(ids: number[], options: { skip_special_tokens?: boolean }): string;
  tokenize(text: string): string[];
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
  get_vocab(withAdded?: boolean): Map<string, number>;
}

/** What is used of the package `@huggingface/tokenizers`. */
export interface TokenizersPackage {
  Tokenizer: new (tokenizer: object, config: object) => PeerTokenizer;
}

export interface LoadTokenizerOptions {
  /** What `tokenizer_config.json` holds, or where it is. */
  readonly config?: object | ByteSource | undefined;
  /** The package: `import * as tokenizers from '@huggingface/tokenizers'`. In Node it is found where it is installed. */
  readonly tokenizers?: TokenizersPackage | undefined;
}

export interface EncodeOptions {
  /** A second text, for models of pairs. */
  readonly pair?: string | undefined;
  /** Add tokens such as [CLS]; true by default. */
  readonly addSpecialTokens?: boolean | undefined;
}

/** A text as tokens. */
export interface Encoding {
  readonly ids: number[];
  readonly tokens: string[];
  /** 1 for each token: `padSequences` fills both up with zeros. */
  readonly attentionMask: number[];
}

/** Subwords of a pre-trained model (BPE, WordPiece, Unigram). */
export class PretrainedTokenizer {
  readonly #peer: PeerTokenizer;

  /** @internal */
  constructor(peer: PeerTokenizer) {
    this.#peer = peer;
  }

  /** Number of tokens, added ones included. */
  get vocabularySize(): number {
    return this.#peer.get_vocab(true).size;
  }

  /**
   * The tokens of a text, with their numbers.
   *
   * @throws ConfigError for what is no text.
   */
  encode(text: string, options: EncodeOptions = {}): Encoding {
    checkOptions(options, ['pair', 'addSpecialTokens'], 'encode');
    if (typeof text !== 'string') throw new ConfigError(`encode: expected a text, got ${shown(text)}.`);
    const found = this.#peer.encode(text, {
      text_pair: options.pair ?? null,
      add_special_tokens: options.addSpecialTokens ?? true,
    });
    return { ids: found.ids, tokens: found.tokens, attentionMask: found.attention_mask };
  }

  /** The numbers of the tokens of each text, as `Tokenizer` of Keras gives them. */
  textsToSequences(texts: readonly string[], options: EncodeOptions = {}): number[][] {
    return texts.map((text) => this.encode(text, options).ids);
  }

  /** The text that numbers of tokens stand for. */
  decode(ids: ArrayLike<number>, options: { readonly skipSpecialTokens?: boolean | undefined } = {}): string {
    checkOptions(options, ['skipSpecialTokens'], 'decode');
    if (ids.length === 0) return '';
    return this.#peer.decode(Array.from(ids), { skip_special_tokens: options.skipSpecialTokens ?? true });
  }

  /** The number of a token; undefined where there is none. */
  tokenToId(token: string): number | undefined {
    return this.#peer.token_to_id(token);
  }

  /** The token of a number; undefined where there is none. */
  idToToken(id: number): string | undefined {
    return this.#peer.id_to_token(id);
  }
}

/**
 * Loads the tokenizer of a pre-trained model from its `tokenizer.json` (BPE, WordPiece, Unigram), through the package
 * `@huggingface/tokenizers`, which you install.
 *
 * @param source - the parsed JSON, or where the file is: a path, address, bytes.
 * @param options - `config`: what `tokenizer_config.json` holds; `tokenizers`: the package, in a bundled app.
 * @throws FormatError for a file that is none; ConfigError without the package.
 *
 * @example
 * ```ts
 * import { loadTokenizer } from 'kompakt/text';
 * const vocab = { '[UNK]': 0, un: 1, '##happy': 2, tea: 3 };
 * const model = { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab };
 * const parts = { normalizer: null, pre_tokenizer: { type: 'Whitespace' }, post_processor: null, decoder: null };
 * const tokenizer = await loadTokenizer({ model, added_tokens: [], ...parts });
 * console.log(tokenizer.encode('unhappy tea').tokens); // → [ 'un', '##happy', 'tea' ]
 * ```
 */
export async function loadTokenizer(
  source: object | ByteSource,
  options: LoadTokenizerOptions = {},
): Promise<PretrainedTokenizer> {
  const what = 'loadTokenizer';
  checkOptions(options, ['config', 'tokenizers'], what);
  const json = await readJson(source, what);
  const inner = (json as { model?: unknown } | null | undefined)?.model;
  if (typeof inner !== 'object' || inner === null)
    throw new FormatError(`${what}: there is no model in it. Give the tokenizer.json that comes with a model.`);
  const config = options.config === undefined ? {} : await readJson(options.config, what);
  const peer =
    options.tokenizers ??
    (await importPeer<TokenizersPackage>('@huggingface/tokenizers', `${what}: reading tokenizer.json`, 'tokenizers'));
  try {
    return new PretrainedTokenizer(new peer.Tokenizer(json, config));
  } catch (cause) {
    throw new FormatError(`${what}: the package '@huggingface/tokenizers' can't use this file. ${String(cause)}`, {
      cause,
    });
  }
}

const isSource = (x: object | ByteSource): x is ByteSource =>
  typeof x === 'string' ||
  x instanceof URL ||
  x instanceof Uint8Array ||
  x instanceof ArrayBuffer ||
  (typeof Blob !== 'undefined' && x instanceof Blob);

async function readJson(source: object | ByteSource, what: string): Promise<object> {
  if (!isSource(source)) return source;
  const bytes = await readBytes(source, what);
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof json === 'object' && json !== null) return json;
  } catch (cause) {
    throw new FormatError(`${what}: this is not JSON.`, { cause });
  }
  throw new FormatError(`${what}: the JSON is not an object.`);
}
