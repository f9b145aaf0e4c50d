import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fold } from './cross-validate.ts';
import { drawFew } from './cross-validate.ts';
import type { Row } from './rows.ts';

/** Training sets, each with its test set, whose results are put together. */
export interface Trial {
  readonly name: string;
  readonly folds: readonly Fold[];
}

/**
 * The public sets the matcher was developed on, read as their authors publish them from `folder` (ArBanking77, CLINC150, HINT3's
 * Curekart, xSID's Arabic queries as out of scope). Sets that are not there are left out.
 */
export function readDevelopmentTrials(folder: string): Trial[] {
  const trials: Trial[] = [];
  const at = (path: string): string => join(folder, path);
  const banking = at('arbanking77/Banking77_Arabized_MSA_PAL_train.csv');
  if (existsSync(banking)) {
    const train = readCsv(banking).map(([intent = '', text = '']) => ({ text, intent, language: 'ar' }));
    const validation = readCsv(at('arbanking77/Banking77_Arabized_MSA_PAL_val.csv'));
    // Four lists one after another, each from the same first intent: two in standard Arabic, two in Palestinian.
    const first = validation[0]?.[0];
    const restarts = [...validation.keys()].filter(
      (place) => place > 0 && validation[place]?.[0] === first && validation[place - 1]?.[0] !== first,
    );
    const half = restarts[1] ?? validation.length;
    const test: Row[] = validation.map(([intent = '', text = ''], place) => ({
      text,
      intent,
      language: 'ar',
      dialect: place < half ? 'msa' : 'palestinian',
    }));
    const far = existsSync(at('xsid/ar.valid.conll')) ? readXsid(at('xsid/ar.valid.conll')) : [];
    trials.push({
      name: 'arbanking77, 20 phrasings an intent, five draws',
      folds: [1, 2, 3, 4, 5].map((seed) => ({ train: drawFew(train, 20, seed), test: [...test, ...far] })),
    });
    trials.push({ name: 'arbanking77, all phrasings', folds: [{ train, test: [...test, ...far] }] });
  }
  if (existsSync(at('clinc150/train_val.json'))) {
    // As published: lists of [text, intent].
    const sets = JSON.parse(readFileSync(at('clinc150/train_val.json'), 'utf8')) as Record<string, [string, string][]>;
    const inside = (name: string): Row[] =>
      (sets[name] ?? []).map(([text, intent]) => ({ text, intent, language: 'en' }));
    const outside = (name: string): Row[] =>
      (sets[name] ?? []).map(([text]) => ({ text, intent: null, language: 'en' }));
    trials.push({
      name: 'clinc150',
      folds: [
        { train: [...inside('train'), ...outside('oos_train')], test: [...inside('val'), ...outside('oos_val')] },
      ],
    });
  }
  const curekart = at('hint3/v1_curekart_train.csv');
  if (existsSync(curekart)) {
    const read = (file: string): Row[] =>
      readCsv(file).map(([text = '', label = '']) => ({
        text,
        intent: label === 'NO_NODES_DETECTED' ? null : label,
        language: 'en',
      }));
    trials.push({
      name: 'hint3 curekart',
      folds: [{ train: read(curekart), test: read(at('hint3/v1_curekart_test.csv')) }],
    });
  }
  return trials;
}

function readXsid(file: string): Row[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('# text ='))
    .map((line) => ({ text: line.slice(8).trim(), intent: null, language: 'ar', scope: 'far' }));
}

/** Rows of a CSV file without its heading; fields may be quoted, with quotes doubled. */
function readCsv(file: string): string[][] {
  const content = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of content.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    rows.at(-1)?.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    if (end !== ',') rows.push([]);
  }
  return rows.slice(1).filter((row) => row.length > 1);
}
