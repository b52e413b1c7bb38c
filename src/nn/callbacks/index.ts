export { type BackupOptions, backup, backupAndRestore } from './backup';
export type { Callback, CallbackMemory, CallbackModel, Logs, Training } from './callback';
export { type CsvLoggerOptions, csvLogger } from './csv-logger';
export { type EarlyStoppingOptions, earlyStopping } from './early-stopping';
export { learningRateScheduler, type ReduceLROnPlateauOptions, reduceLROnPlateau } from './learning-rate';
export { type ModelCheckpointOptions, modelCheckpoint } from './model-checkpoint';
export type { MonitorMode } from './monitor';
export { type ProgressBarOptions, type ProgressOutput, progressBar } from './progress-bar';
export { lambdaCallback, terminateOnNaN } from './terminate-on-nan';
