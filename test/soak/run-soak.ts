import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { localesDir } from '../support/built-server.ts';
import type { OwnRedis } from '../support/own-redis.ts';
import { embeddedBackend, sharedBackend, type Backend } from './backend.ts';
import { createRandom, startPeople, type People } from './people.ts';
import { startPlatform, type Platform, type SoakChannel } from './platform.ts';
import { createPlace, type Place } from './server-place.ts';
import {
  countWaiting,
  judgeTranscripts,
  openKept,
  readTranscripts,
  type Transcripts,
  type Whose,
} from './transcripts.ts';
import { troubleRedis, type RedisTrouble } from './trouble-redis.ts';
import { countAnswered, judge, type Verdict } from './verdict.ts';

/** One soak: who writes, how often a server process is killed, and on what the servers run. */
export interface SoakPlan {
  /** The built server. */
  readonly main: string;
  readonly seed: number;
  /** Where people write. All but Telegram reach one server by its address: they go with the embedded backend. */
  readonly channel: SoakChannel;
  readonly people: number;
  readonly meanPauseMs: number;
  readonly kills: number;
  /** The longest a process lives after it was ready; most live much shorter. */
  readonly longestLifeMs: number;
  readonly backend:
    | { readonly is: 'embedded' }
    /** The database is this run's own, and so is the Redis. */
    | { readonly is: 'shared'; readonly mongoUri: string; readonly redis: OwnRedis; readonly trouble: RedisTrouble };
  readonly say: (line: string) => void;
}

export interface SoakResult extends Verdict {
  readonly kills: number;
  readonly seconds: number;
  /** From the last word anybody wrote until the last reply. */
  readonly quietAfterMs: number;
  readonly medianReadyMs: number;
}

/** Without a new reply for this long the rest counts as lost. A second worker waits for a dead one's claims (20 s) and lease (15 s). */
const patienceMs = { embedded: 30_000, shared: 90_000 };

/** People write while server processes are killed and started again; then all is waited for and judged. */
export async function runSoak(plan: SoakPlan): Promise<SoakResult> {
  const folder = await mkdtemp(join(tmpdir(), 'wasl-soak-'));
  const random = createRandom(plan.seed);
  const platform = await startPlatform(plan.channel, createRandom(plan.seed + 1));
  const backend = plan.backend.is === 'shared' ? await sharedBackend(folder, plan.backend) : embeddedBackend(folder);
  const secretKey = randomBytes(32);
  const common = {
    ...platform.settings,
    FLOWS_DIR: join(import.meta.dirname, 'flows'),
    LOCALES_DIR: localesDir,
    SECRET_KEY: secretKey.toString('hex'),
  };
  const places = Array.from({ length: backend.places }, (_, index) =>
    createPlace({ main: plan.main, settings: { ...common, ...backend.settings(index) } }, backend),
  );
  const startedAt = Date.now();
  try {
    const everybody = Array.from({ length: plan.people }, (_, index) => 5_000 + index);
    if (platform.meet) {
      await places[0]?.current.ready;
      await platform.meet(everybody);
    }
    const people = startPeople(platform, { people: everybody, meanPauseMs: plan.meanPauseMs, random });
    await Promise.all([
      killAtRandom(plan, places, random),
      plan.backend.is === 'shared' ? troubleRedis(plan.backend.redis, plan.backend.trouble, plan.say) : null,
    ]);
    await people.stop();
    const silentAt = Date.now();
    await untilAnswered(people, platform, places, patienceMs[backend.is]);
    const quietAfterMs = Date.now() - silentAt;

    const chats = [...people.written].filter(([, texts]) => texts.length > 0).map(([chat]) => chat);
    // Pages read from a server, which `readKept` stops.
    const calls = await platform.sends();
    const kept = await readKept(backend, secretKey, { chats, addressOf: platform.addressOf }, places);
    const kills = (await Promise.all(places.map((place) => place.kills()))).flat();
    const { written } = people;
    const verdict = judge({ written, calls, kills, messageIdOf: lookUp(kept.transcripts) });
    const readyMs = places.flatMap((place) => place.readyMs).sort((left, right) => left - right);
    return {
      ...verdict,
      problems: [
        ...places.flatMap((place) => place.problems),
        ...verdict.problems,
        ...(kept.waiting > 0 ? [`${kept.waiting} events or messages still wait in the store`] : []),
        ...judgeTranscripts(kept.transcripts, written),
      ],
      kills: kills.length,
      seconds: (Date.now() - startedAt) / 1000,
      quietAfterMs,
      medianReadyMs: readyMs[readyMs.length >> 1] ?? 0,
    };
  } finally {
    await Promise.all(places.map((place) => place.end()));
    await backend.close();
    await platform.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function killAtRandom(plan: SoakPlan, places: readonly Place[], random: () => number): Promise<void> {
  for (let count = 1; count <= plan.kills; count += 1) {
    const place = places[Math.floor(random() * places.length)];
    if (!place) throw new Error('there is no server');
    const ready = place.current.ready.catch(() => {});
    // One of four dies while it starts, or just after; the others when they are ready, mostly soon.
    if (random() < 0.25) await pause(random() * (place.readyMs.at(-1) ?? 1_000));
    else await ready.then(() => pause(random() ** 2 * plan.longestLifeMs));
    await place.kill();
    if (count % 10 === 0) plan.say(`${count} kills`);
    if (places.some(({ problems }) => problems.length > 0)) return;
  }
}

async function untilAnswered(
  people: People,
  platform: Platform,
  places: readonly Place[],
  limitMs: number,
): Promise<void> {
  const due = [...people.written.values()].reduce((sum, texts) => sum + texts.length, 0);
  let answered = -1;
  let movedAt = Date.now();
  while (answered < due && places.every(({ problems }) => problems.length === 0)) {
    await pause(500);
    const now = countAnswered(people.written, await platform.sends());
    if (now > answered) movedAt = Date.now();
    else if (Date.now() - movedAt > limitMs) return; // The verdict says what is missing.
    answered = now;
  }
}

/** Waits until nothing waits in the store either, stops the servers kindly, and reads what they kept. */
async function readKept(
  backend: Backend,
  secretKey: Buffer,
  whose: Whose,
  places: readonly Place[],
): Promise<{ waiting: number; transcripts: Transcripts }> {
  const stopAll = () => Promise.all(places.map((place) => place.stop()));
  // A file belongs to one process: it can be read once its server has stopped. One sweep, and the last sends, come before.
  if (backend.is === 'embedded') await pause(1_500).then(stopAll);
  const store = await backend.openStore();
  try {
    const repositories = await openKept(store, secretKey);
    const giveUpAt = Date.now() + (backend.is === 'shared' ? 40_000 : 0);
    let waiting = await countWaiting(repositories, whose);
    while (waiting > 0 && Date.now() < giveUpAt) {
      await pause(250);
      waiting = await countWaiting(repositories, whose);
    }
    if (backend.is === 'shared') await stopAll();
    return { waiting, transcripts: await readTranscripts(repositories, whose) };
  } finally {
    await store.close();
  }
}

function lookUp(transcripts: Transcripts): (chat: number, text: string) => string | undefined {
  const ids = new Map(
    [...transcripts].flatMap(([chat, lines]) =>
      lines.filter(({ direction }) => direction === 'out').map(({ id, text }) => [`${chat} ${text}`, id] as const),
    ),
  );
  return (chat, text) => ids.get(`${chat} ${text}`);
}
