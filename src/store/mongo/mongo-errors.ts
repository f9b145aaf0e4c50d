import { mongo } from 'mongoose';
import { AppError, Duplicate, StoreUnavailable } from '../../domain/errors.ts';

/**
 * Codes by which a server says "not now" rather than "never": it is stepping down, starting, shutting down, out of time or out of
 * disk (https://www.mongodb.com/docs/manual/reference/error-codes/). 13 and 18 are a login that does not work.
 */
const passingCodes = new Set([
  6, 7, 13, 18, 50, 64, 89, 91, 100, 112, 134, 189, 202, 262, 317, 358, 384, 9001, 10107, 11600, 11602, 13388, 13435,
  13436, 14031,
]);

/** Runs one operation; everything the driver throws because the database is away becomes StoreUnavailable, and 11000 Duplicate. */
export async function translated<T>(subject: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw toStoreError(subject, error);
  }
}

function toStoreError(subject: string, error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  if (isDuplicate(error)) return new Duplicate(`${subject}: a document with the same id or unique value exists`);
  return isUnavailable(error) ? new StoreUnavailable(`${subject}: ${error.message}`, error) : error;
}

/** By the code alone: servers that speak MongoDB's protocol do not all say which index it was. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === 11000;
}

function isUnavailable(error: Error): boolean {
  // A bulk that never reached the server wraps why; one that was refused carries a code.
  if (error instanceof mongo.MongoBulkWriteError && error.code === undefined) {
    const inner: unknown = error.errorResponse;
    return inner instanceof Error && isUnavailable(inner);
  }
  // Mongoose's own (server selection, disconnected) are not the driver's classes; they carry its error as their cause, or none.
  if (/^Mongoose(ServerSelection|NotConnected)?Error$/.test(error.name)) return true;
  if (error instanceof mongo.MongoServerError) {
    return (
      passingCodes.has(Number(error.code)) ||
      error instanceof mongo.MongoWriteConcernError ||
      error.hasErrorLabel('RetryableWriteError') ||
      error.hasErrorLabel('TransientTransactionError')
    );
  }
  // The program's own mistakes; whatever else the driver throws comes from the network or the pool.
  const isMistake =
    error instanceof mongo.MongoInvalidArgumentError || error instanceof mongo.MongoMissingDependencyError;
  return error instanceof mongo.MongoError && !isMistake;
}
