import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { buildServer } from '../support/built-server.ts';
import { ownRedis, whyNoRedis } from '../support/own-redis.ts';
import { startMongo } from '../support/services.ts';
import { soakChannels } from './platform.ts';
import { describeSoak } from './report.ts';
import { runSoak, type SoakPlan } from './run-soak.ts';

/**
 * `npm run soak [-- kills [seed [embedded|shared]] [--channel telegram|whatsapp-cloud|web-chat]]`: 100 kills by default, on each of SQLite in
 * one process and MongoDB + Redis with two workers (Telegram alone: the others reach one server by its address).
 * Ends with 1 when anything was lost, doubled or out of order. A tenth of it runs with the tests.
 */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { channel: { type: 'string' } } });
  const channel = soakChannels.find((one) => one === (values.channel ?? 'telegram'));
  if (!channel) throw new Error(`--channel: expected one of ${soakChannels.join(', ')}`);
  const [kills = 100, seed = randomInt(1_000_000)] = positionals.slice(0, 2).map(Number);
  const only = channel === 'telegram' ? positionals[2] : 'embedded';
  const server = await buildServer();
  const common = { main: server.main, channel, seed, kills, people: 50, say };
  console.log(`soak: ${kills} kills each, seed ${seed}, people on ${channel}`);
  let problems = 0;
  try {
    if (only !== 'shared') problems += await soakEmbedded({ ...common, ...pace[channel] });
    if (only !== 'embedded') problems += await soakShared({ ...common, meanPauseMs: 5_000, longestLifeMs: 16_000 });
  } finally {
    await server.remove();
  }
  process.exitCode = problems > 0 ? 1 : 0;
}

/** A bot answers 22 a second; WhatsApp lets one person get one in six seconds, and a budget begins empty; the website takes twenty a minute. */
const pace = {
  telegram: { meanPauseMs: 4_000, longestLifeMs: 4_000 },
  'whatsapp-cloud': { meanPauseMs: 20_000, longestLifeMs: 16_000 },
  'web-chat': { meanPauseMs: 5_000, longestLifeMs: 4_000 },
};

async function soakEmbedded(plan: Omit<SoakPlan, 'backend'>): Promise<number> {
  const result = await runSoak({ ...plan, backend: { is: 'embedded' } });
  console.log(describeSoak(`SQLite, ${plan.channel}`, result));
  return result.problems.length;
}

/**
 * Lives are long here now and then, so that the next worker gets the dead one's lease before it dies too. People write less: nobody
 * listens most of the time, and what has piled up must be answered in the end.
 */
async function soakShared(plan: Omit<SoakPlan, 'backend'>): Promise<number> {
  const name = 'MongoDB + Redis, two workers';
  const noRedis = whyNoRedis();
  if (noRedis !== null) {
    console.log(`skipped: ${name}, because ${noRedis}`);
    return 0;
  }
  let mongo: Awaited<ReturnType<typeof startMongo>>;
  try {
    mongo = await startMongo();
  } catch (error) {
    console.log(`skipped: ${name}, because ${error instanceof Error ? error.message : String(error)}`);
    return 0;
  }
  const redis = await ownRedis();
  try {
    await redis.start();
    const pauseMs = plan.kills * 600;
    const trouble = { flushes: 5, pauseMs, awayMs: Math.min(60_000, plan.kills * 600) };
    const mongoUri = `${mongo.url}/wasl-soak-${process.pid}`;
    const result = await runSoak({ ...plan, backend: { is: 'shared', mongoUri, redis, trouble } });
    console.log(describeSoak(name, result));
    return result.problems.length;
  } finally {
    await redis.remove();
    await mongo.stop();
  }
}

function say(line: string): void {
  console.log(`  ${line}`);
}

await main();
