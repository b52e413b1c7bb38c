/**
 * Clustering.
 *
 * @module
 */

export { DBSCAN, type DBSCANOptions, FittedDBSCAN } from './dbscan';
export { FittedKMeans } from './fitted-k-means';
export { KMeans, type KMeansOptions } from './k-means';
export { FittedMiniBatchKMeans, MiniBatchKMeans, type MiniBatchKMeansOptions } from './mini-batch-k-means';
export type { ClusterCenterOptions } from './settings';
