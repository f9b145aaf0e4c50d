import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openAssistant, type Assistant } from '../../src/content/assistant.ts';
import { systemClock as clock } from '../../src/ports/clock.ts';
import { createInProcessBroadcast } from '../../src/queue/in-process/broadcast.ts';
import type { OfficerId } from '../../src/domain/ids.ts';
import { createFaqDesk, type FaqDesk } from '../../src/runtime/faq-desk.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { openTemporaryStore, silentLog, testSecretKey } from '../../test/support/world.ts';
import { percentile } from '../measure.ts';
import { writeLargeContent } from './large-content.ts';

export interface LargeReport {
  readonly spans: readonly SpanReport[];
  /** One after another while nothing is fitted, by the clock and by what the process computed, which other programs do not lengthen. */
  readonly quiet: { readonly clockMs: Percentiles; readonly computedMs: Percentiles };
}

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

/** What happened in one span of time, while queries went on. */
export interface SpanReport {
  readonly what: string;
  /** Until what was edited answers, where something was. */
  readonly liveMs?: number;
  readonly fittedMs: number;
  /** Of the whole process, the thread that fits and the queries too. */
  readonly computedMs: number;
  readonly queries: number;
  readonly queryMs: Percentiles;
  /**
   * The longest time the event loop was held: by a timer of 1 ms, and by the histogram of Node. `own` is what the thread itself computed
   * between two ticks of the timer, which other programs do not lengthen (Linux only, else NaN).
   */
  readonly stallMs: { readonly timer: number; readonly monitor: number; readonly own: number };
  /** How much the whole process grew at most. */
  readonly grownMb: number;
}

/**
 * The live matcher at `entryCount` entries of 40 phrasings, in a whole assistant on SQLite: the first fit, then an edit of an entry, a
 * new entry and an answer alone, each with a query every few milliseconds until the machines know it; then queries alone.
 */
export async function measureLarge(entryCount: number): Promise<LargeReport> {
  const content = await writeLargeContent(entryCount, 40);
  const opened = await openTemporaryStore();
  const dataDir = await mkdtemp(join(tmpdir(), 'wasl-bench-data-'));
  const repositories = await openRepositories({ store: opened.store, secretKey: testSecretKey });
  const config = { flowsDir: content.flowsDir, localesDir: 'locales', dataDir, defaultLanguage: 'ar' };
  const broadcast = createInProcessBroadcast();
  const assistant = await openAssistant({ config, repositories, broadcast, clock, log: silentLog });
  const { faq, contentChanged } = assistant;
  const desk = createFaqDesk({ repositories, faq, contentChanged, clock });
  const reports: SpanReport[] = [];
  const span = async (what: string, edit?: Edit): Promise<void> => {
    reports.push(await watch({ what, faq, queries: content.queries, ...(edit ? { edit } : {}) }));
  };
  await span('the first fit');
  await span('an entry edited', {
    store: () => teach(desk, 'entry-7', 'خلاطات الخرسانة الجاهزة'),
    isLive: () => faq.explain('خلاطات خرسانه جاهزه').candidates[0]?.entryId === 'entry-7',
  });
  await span('an entry created', {
    store: async () => {
      const question = { ar: 'كم سعر تذكرة القطار السريع' };
      await desk.create(officer, { id: 'train', topic: 'x', question, answer: question, phrasings: {} });
    },
    isLive: () => faq.explain('سعر تذكره القطار').candidates[0]?.entryId === 'train',
  });
  await span('an answer changed', {
    store: async () => {
      const { id, version, topic, question, phrasings } = await desk.get('entry-9');
      await desk.update(officer, id, version, { topic, question, phrasings, answer: { ar: 'نعم' } });
    },
    isLive: () => true,
  });
  const quiet = askAll(faq, content.queries);
  await assistant.close();
  await opened.store.close();
  await Promise.all([opened.remove(), content.remove(), rm(dataDir, { recursive: true, force: true })]);
  return { spans: reports, quiet };
}

function askAll(faq: Assistant['faq'], queries: readonly string[]): LargeReport['quiet'] {
  const clockMs: number[] = [];
  const computed: number[] = [];
  for (const query of queries) {
    const [startedAt, usedBefore] = [performance.now(), process.cpuUsage()];
    faq.match(query);
    const used = process.cpuUsage(usedBefore);
    clockMs.push(performance.now() - startedAt);
    computed.push((used.user + used.system) / 1000);
  }
  return { clockMs: toPercentiles(clockMs), computedMs: toPercentiles(computed) };
}

function toPercentiles(times: readonly number[]): Percentiles {
  const sorted = [...times].sort((one, other) => one - other);
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), longest: sorted.at(-1) ?? 0 };
}

interface Edit {
  readonly store: () => Promise<void>;
  readonly isLive: () => boolean;
}

const officer = 'bench' as OfficerId; // A name of its own; no login is measured.

async function teach(desk: FaqDesk, id: string, phrasing: string): Promise<void> {
  const { version, topic, question, answer, phrasings } = await desk.get(id);
  const changed = { ...phrasings, ar: [...(phrasings.ar ?? []), phrasing] };
  await desk.update(officer, id, version, { topic, question, answer, phrasings: changed });
}

async function watch({
  what,
  faq,
  queries,
  edit,
}: {
  what: string;
  faq: Assistant['faq'];
  queries: readonly string[];
  edit?: Edit;
}): Promise<SpanReport> {
  for (const query of queries.slice(0, 200)) faq.match(query);
  const times: number[] = [];
  let stall = 0;
  let ownStall = 0;
  let computedBefore = computedMs();
  let mostBytes = process.memoryUsage.rss();
  const firstBytes = mostBytes;
  let expectedAt = performance.now() + 1;
  let liveMs: number | undefined;
  let isOver = false;
  const startedAt = performance.now();
  const usedBefore = process.cpuUsage();
  const monitor = monitorEventLoopDelay({ resolution: 1 });
  monitor.enable();
  const tick = (): void => {
    if (isOver) return;
    const now = performance.now();
    const computed = computedMs();
    ownStall = Math.max(ownStall, computed - computedBefore);
    if (computed - computedBefore > 12) stall = Math.max(stall, now - expectedAt);
    faq.match(queries[times.length % queries.length]!);
    times.push(performance.now() - now);
    if (liveMs === undefined && edit?.isLive()) liveMs = now - startedAt;
    if (times.length % 50 === 0) mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
    expectedAt = performance.now() + 1;
    computedBefore = computedMs();
    setTimeout(tick, 1);
  };
  setTimeout(tick, 1);
  await edit?.store();
  await faq.settled();
  const fittedMs = performance.now() - startedAt;
  const used = process.cpuUsage(usedBefore);
  await new Promise((resolve) => setTimeout(resolve, 200));
  isOver = true;
  monitor.disable();
  return {
    what,
    ...(liveMs === undefined ? {} : { liveMs }),
    fittedMs,
    computedMs: (used.user + used.system) / 1000,
    queries: times.length,
    queryMs: toPercentiles(times),
    stallMs: { timer: stall, monitor: monitor.max / 1e6, own: ownStall },
    grownMb: (mostBytes - firstBytes) / 2 ** 20,
  };
}

/** Milliseconds that this thread has computed, other programs' turns left out. */
function computedMs(): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return NaN;
  }
}

export function toLargeText({ spans, quiet }: LargeReport): string {
  const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
  const shown = ({ p50, p99, longest }: Percentiles): string =>
    `p50 ${ms(p50)} ms, p99 ${ms(p99)} ms, longest ${ms(longest)} ms`;
  const alone = `queries alone: ${shown(quiet.computedMs)} computed; ${shown(quiet.clockMs)} on the clock`;
  const lines = spans
    .map(({ what, liveMs, fittedMs, computedMs, queries, queryMs, stallMs, grownMb }) =>
      [
        `${what}: ${liveMs === undefined ? '' : `live after ${ms(liveMs)} ms, `}fitted after ${(fittedMs / 1000).toFixed(1)} s (${(computedMs / 1000).toFixed(1)} s of a core, queries too)`,
        `  ${queries} queries: ${shown(queryMs)}`,
        `  longest stall: ${ms(stallMs.own)} ms of its own computing; ${ms(stallMs.timer)} ms on the clock (monitor ${ms(stallMs.monitor)})`,
        `  the process grew by ${grownMb.toFixed(0)} MB`,
      ].join('\n'),
    )
    .join('\n');
  return `${lines}\n${alone}`;
}
