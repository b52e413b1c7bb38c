export type { Callback, CallbackModel, Logs, Training } from './callback';
export { csvLogger, type CsvLoggerOptions } from './csv-logger';
export { earlyStopping, type EarlyStoppingOptions } from './early-stopping';
export { learningRateScheduler, reduceLROnPlateau, type ReduceLROnPlateauOptions } from './learning-rate';
export { modelCheckpoint, type ModelCheckpointOptions } from './model-checkpoint';
export type { MonitorMode } from './monitor';
export { progressBar, type ProgressBarOptions, type ProgressOutput } from './progress-bar';
