import { parseArgs } from 'node:util';
import { benchEndToEnd, benchRawSqlite, withSqlite } from './end-to-end.ts';
import { benchEngine } from './engine.ts';
import { benchHistory } from './history.ts';
import { benchPaced } from './paced.ts';
import { withServers } from './servers.ts';

/**
 * `npm run bench -- [--seconds 5] [--history] [--json]`: a table and JSON; ratios are of the same run. `--history` also fills stores with
 * up to a million messages (minutes). With MONGODB_URI and REDIS_URL of servers for tests it measures those too.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    history: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
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

const paced = await withSqlite(benchPaced);
add('a backlog under a limit: part of it that is used', paced.ofLimit, 'x', '>= 0.9');
add('the same: writes', paced.writesPerMessage, 'per message', '2');

if (values.history) {
  const small = await benchHistory({ conversations: 10, messages: 1_000 }, seconds);
  const large = await benchHistory({ conversations: 100_000, messages: 1_000_000 }, seconds);
  add('after 1,000 messages of 10 conversations', small.full.perSecond, 'messages/s');
  add('after 1,000,000 messages of 100,000', large.full.perSecond, 'messages/s');
  add('slowed down by history', small.full.perSecond / large.full.perSecond, 'x', '<= 1.1');
}

const { MONGODB_URI: mongodbUri, REDIS_URL: redisUrl } = process.env;
if (mongodbUri && redisUrl) {
  const figures = await withServers({ mongodbUri, redisUrl }, (backend) => benchEndToEnd(backend, seconds));
  add('end to end on the given MongoDB + Redis', figures.full.perSecond, 'messages/s');
  add('the same, half load: p99', figures.half.p99Ms, 'ms');
}

if (values.json) console.log(JSON.stringify(rows, null, 2));
else {
  for (const { what, value, unit, aim } of rows) {
    console.log(
      `${what.padEnd(45)} ${value.toFixed(value < 100 ? 2 : 0).padStart(12)} ${unit.padEnd(15)} ${aim ?? ''}`,
    );
  }
}
