import { parseArgs } from 'node:util';
import { benchEndToEnd, benchRawSqlite, withSqlite } from './end-to-end.ts';
import { benchEngine } from './engine.ts';

/** `npm run bench -- [--seconds 5] [--json]`: a table and JSON; every aim is a ratio or a figure of the same run. */
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
});
const seconds = Number(values.seconds);
const rows: { what: string; value: number; unit: string; aim?: string }[] = [];
const add = (what: string, value: number, unit: string, aim?: string) =>
  rows.push({ what, value, unit, ...(aim ? { aim } : {}) });

const engine = benchEngine(seconds);
add('engine, state through JSON each turn', engine.ours, 'steps/s');
add("xstate's bare transition, same dialogue", engine.xstate, 'steps/s');
add('engine / xstate', engine.ours / engine.xstate, 'x', '>= 3');

const raw = await benchRawSqlite(seconds);
const sqlite = await withSqlite((backend) => benchEndToEnd(backend, seconds));
add('raw SQLite, one fsynced row each', raw, 'transactions/s');
add('end to end on SQLite, sealed', sqlite.full.perSecond, 'messages/s', '>= 1500');
add('end to end / raw SQLite', sqlite.full.perSecond / raw, 'x');
for (const [load, figures] of Object.entries(sqlite)) {
  add(`${load} load: p50`, figures.p50Ms, 'ms');
  add(`${load} load: p99`, figures.p99Ms, 'ms', load === 'half' ? '< 50' : undefined);
  add(`${load} load: CPU`, figures.cpuMicrosPerMessage, 'us/message');
  add(`${load} load: writes`, figures.writesPerMessage, 'per message', '4');
}

if (values.json) console.log(JSON.stringify(rows, null, 2));
else {
  for (const { what, value, unit, aim } of rows) {
    console.log(
      `${what.padEnd(45)} ${value.toFixed(value < 100 ? 2 : 0).padStart(12)} ${unit.padEnd(15)} ${aim ?? ''}`,
    );
  }
}
