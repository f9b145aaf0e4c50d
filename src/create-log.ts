import { pino, type DestinationStream } from 'pino';
import { AppError } from './domain/errors.ts';
import type { LogLevel } from './config.ts';
import type { Log } from './ports/log.ts';

/** One JSON line for each event, on the standard output. */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  const options = { level, serializers: { error: toLogged } };
  return destination ? pino(options, destination) : pino(options);
}

/**
 * What is told of an error. Our own messages hold settings, ids and expectations, and the system's hosts and paths. What a library or the
 * language says may repeat what a person wrote (`JSON.parse` quotes its text, `in` its right side), so of that only the kind and the place
 * are told.
 */
function toLogged(error: unknown): object {
  if (!(error instanceof Error)) return { kind: typeof error };
  const code = 'code' in error && ['string', 'number'].includes(typeof error.code) ? { code: error.code } : {};
  const isHarmless = error instanceof AppError || 'syscall' in error;
  const places = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    name: error.name,
    ...code,
    ...(isHarmless ? { message: error.message } : {}),
    stack: places.map((line) => line.trim()).join('\n'),
    ...(error.cause instanceof Error ? { cause: toLogged(error.cause) } : {}),
  };
}
