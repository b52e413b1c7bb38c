/**
 * Text as features: counts of terms, their weights, hashes, and sequences of numbers.
 *
 * @module
 */

export type { AnalyzerOptions, Texts } from './analyzer';
export type { StripAccents } from './characters';
export { CountVectorizer, type CountVectorizerOptions, FittedCountVectorizer } from './count-vectorizer';
export {
  type BeamSearchOptions,
  beamSearch,
  type Decoded,
  greedySearch,
  type NextTokens,
  type SearchOptions,
} from './decoding/beam-search';
export {
  DictVectorizer,
  type DictVectorizerOptions,
  type FeatureRecord,
  FittedDictVectorizer,
} from './dict-vectorizer';
export {
  FeatureHasher,
  type FeatureHasherOptions,
  FittedFeatureHasher,
  type HashedSample,
  type HashedValue,
} from './feature-hasher';
export { FittedHashingVectorizer, HashingVectorizer, type HashingVectorizerOptions } from './hashing-vectorizer';
export { type PadSequencesOptions, padSequences } from './keras/pad-sequences';
export { makeSamplingTable, type SkipgramOptions, type Skipgrams, skipgrams } from './keras/skipgrams';
export {
  type MatrixMode,
  Tokenizer,
  type TokenizerOptions,
  type TokenizerTexts,
  tokenizerFromJSON,
} from './keras/tokenizer';
export { textToWordSequence, type WordSequenceOptions } from './keras/word-sequence';
export { ngrams } from './ngrams';
export {
  type EncodeOptions,
  type Encoding,
  type LoadTokenizerOptions,
  loadTokenizer,
  PretrainedTokenizer,
  type TokenizersPackage,
} from './pretrained-tokenizer';
export { chineseTokens, type SegmentOptions, segment } from './segment';
export { FittedTfidfTransformer, TfidfTransformer, type TfidfTransformerOptions } from './tfidf-transformer';
export { FittedTfidfVectorizer, TfidfVectorizer, type TfidfVectorizerOptions } from './tfidf-vectorizer';
export { type EmbeddingMatrixOptions, type LoadWordVectorsOptions, loadWordVectors, WordVectors } from './word-vectors';
