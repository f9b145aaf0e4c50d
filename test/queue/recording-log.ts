import type { Log, LogFields } from '../../src/ports/log.ts';

/** A log that keeps its lines. */
export function recordingLog() {
  const lines: { readonly level: string; readonly fields: LogFields; readonly message: string }[] = [];
  const at = (level: string) => (fields: LogFields, message: string) => void lines.push({ level, fields, message });
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return { log, lines };
}
