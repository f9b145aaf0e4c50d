import type { Row } from './rows.ts';
import { languageOf } from './rows.ts';
import type { Outcome, System } from './systems.ts';

/** All shares in percent, with one decimal; null where there is nothing to share. */
interface Figures {
  readonly inScope: {
    readonly count: number;
    /** The right entry ranks first; among the first three. Whatever the band. */
    readonly top1: number | null;
    readonly top3: number | null;
    /** Answered directly, of all; and how many of these rightly. */
    readonly answeredDirectly: number | null;
    readonly directPrecision: number | null;
    /** The right entry first and not refused: what counts as right where one label or "none" must be given. */
    readonly accuracy: number | null;
  };
  readonly outOfScope: {
    readonly count: number;
    readonly answeredDirectly: number | null;
    readonly suggested: number | null;
    /** Refused outright: the share given "none" where one label or "none" must be given. */
    readonly recall: number | null;
    readonly near: OutOfScope;
    readonly far: OutOfScope;
  };
  /** One label or "none" for each text, suggestions counted as their first: right, of all texts. */
  readonly overall: number | null;
  /** As a person meets it: answered directly and rightly, or out of scope and not answered directly. */
  readonly overallDirect: number | null;
}

interface OutOfScope {
  readonly count: number;
  readonly answeredDirectly: number | null;
}

export interface Report extends Figures {
  readonly system: string;
  readonly buildMs: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  readonly byLanguage: Readonly<Record<string, Figures>>;
  readonly byDialect: Readonly<Record<string, Figures>>;
}

export interface Answered {
  readonly row: Row;
  readonly outcome: Outcome;
  readonly tookMs: number;
}

export async function askAll({ ask }: System, rows: readonly Row[]): Promise<Answered[]> {
  // The first calls run uncompiled code: they are asked twice and timed once.
  for (const row of rows.slice(0, 200)) await ask(row);
  const answered: Answered[] = [];
  for (const row of rows) {
    const start = performance.now();
    const outcome = await ask(row);
    answered.push({ row, outcome, tookMs: performance.now() - start });
  }
  return answered;
}

export function toReport(system: string, buildMs: number, answered: readonly Answered[]): Report {
  const times = answered.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const percentile = (share: number): number =>
    round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0, 3);
  const withDialect = answered.filter(({ row }) => row.dialect !== undefined);
  return {
    system,
    buildMs: Math.round(buildMs),
    latencyMs: { p50: percentile(0.5), p99: percentile(0.99) },
    ...toFigures(answered),
    byLanguage: group(answered, languageOf),
    byDialect: group(withDialect, ({ dialect }) => dialect ?? ''),
  };
}

function group(answered: readonly Answered[], name: (row: Row) => string): Record<string, Figures> {
  const names = [...new Set(answered.map(({ row }) => name(row)))];
  return Object.fromEntries(names.map((key) => [key, toFigures(answered.filter(({ row }) => name(row) === key))]));
}

function toFigures(answered: readonly Answered[]): Figures {
  const inside = answered.filter(({ row }) => row.intent !== null);
  const outside = answered.filter(({ row }) => row.intent === null);
  const isFirst = ({ row, outcome }: Answered): boolean => outcome.ranked[0] === row.intent;
  const isDirect = ({ outcome }: Answered): boolean => outcome.band === 'answer';
  const isRefused = ({ outcome }: Answered): boolean => outcome.band === 'none';
  const direct = inside.filter(isDirect);
  const accepted = inside.filter((one) => isFirst(one) && !isRefused(one));
  const ofScope = (scope: string): OutOfScope => {
    const members = outside.filter(({ row }) => row.scope === scope);
    return { count: members.length, answeredDirectly: percent(members.filter(isDirect), members) };
  };
  return {
    inScope: {
      count: inside.length,
      top1: percent(inside.filter(isFirst), inside),
      top3: percent(
        inside.filter(({ row, outcome }) => outcome.ranked.slice(0, 3).some((intent) => intent === row.intent)),
        inside,
      ),
      answeredDirectly: percent(direct, inside),
      directPrecision: percent(direct.filter(isFirst), direct),
      accuracy: percent(accepted, inside),
    },
    outOfScope: {
      count: outside.length,
      answeredDirectly: percent(outside.filter(isDirect), outside),
      suggested: percent(
        outside.filter(({ outcome }) => outcome.band === 'suggest'),
        outside,
      ),
      recall: percent(outside.filter(isRefused), outside),
      near: ofScope('near'),
      far: ofScope('far'),
    },
    overall: percent([...accepted, ...outside.filter(isRefused)], answered),
    overallDirect: percent([...direct.filter(isFirst), ...outside.filter((one) => !isDirect(one))], answered),
  };
}

function percent(part: readonly unknown[], whole: readonly unknown[]): number | null {
  return whole.length === 0 ? null : round((100 * part.length) / whole.length, 1);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
