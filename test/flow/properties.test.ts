import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionState } from '../../src/domain/conversation.ts';
import type { Json } from '../../src/domain/effect.ts';
import { toId } from '../../src/domain/ids.ts';
import type { InboundContent, MediaKind } from '../../src/domain/message.ts';
import { step, type EngineEvent } from '../../src/flow/engine.ts';
import { inspectFlow } from '../../src/flow/inspect.ts';
import { parseFlow } from '../../src/flow/parse.ts';
import { compileExpression } from '../../src/flow/expression.ts';
import { compileTemplate } from '../../src/flow/template.ts';
import { createTranslate } from '../../src/i18n/translate.ts';
import { resources, toProgram } from './support/program.ts';

const folder = new URL('./conversations/', import.meta.url);
const sources = readdirSync(folder).flatMap(
  (name) => (JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as { flows: Record<string, unknown>[] }).flows,
);
const flows = sources.map((source) => {
  const parsed = parseFlow(source);
  if (!parsed.ok) throw new Error(parsed.problems[0]?.message);
  return parsed.value;
});
const program = toProgram(flows);

const hostile = fc.constantFrom(
  '\u202Eabc',
  '\uD800',
  'a\u0000b',
  '{{name}} {{org.phone}}',
  '$t(engine:failure)',
  '__proto__',
  'constructor',
  '٣',
  'نعم',
  'رجوع',
  'إلغاء',
  'حالة طلبي',
  'menu',
  'officer',
  'تم',
  'تخطي',
  '1',
  'W-1000009',
  'كيف أطلب صهريج',
  'ماء',
  'x'.repeat(5000),
);
const anyText = fc.oneof({ weight: 3, arbitrary: hostile }, fc.string({ unit: 'binary', maxLength: 60 }));
const mediaKind = fc.constantFrom<MediaKind>('photo', 'document', 'voice', 'audio', 'video', 'sticker');

type Action =
  | { is: 'content'; content: InboundContent; edited: boolean }
  | { is: 'tap'; pick: number }
  | { is: 'result'; result: Json }
  | { is: 'timer'; pick: number }
  | { is: 'start'; flowId: string }
  | { is: 'lost' | 'failed' };

const content: fc.Arbitrary<InboundContent> = fc.oneof(
  { weight: 4, arbitrary: anyText.map((text): InboundContent => ({ type: 'text', text })) },
  anyText.map((choiceId): InboundContent => ({ type: 'choice', choiceId })),
  fc
    .record({
      kind: mediaKind,
      albumId: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
      caption: fc.option(anyText, { nil: undefined }),
    })
    .map(({ kind, albumId, caption }): InboundContent => ({
      type: 'media',
      media: { kind, fileId: 'f' },
      ...(albumId === undefined ? {} : { albumId }),
      ...(caption === undefined ? {} : { caption }),
    })),
  fc
    .record({ latitude: fc.double(), longitude: fc.double() })
    .map((place): InboundContent => ({ type: 'location', ...place })),
  fc.record({ name: anyText, phone: anyText }).map((contact): InboundContent => ({ type: 'contact', ...contact })),
  anyText.map((what): InboundContent => ({ type: 'unsupported', what })),
);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ is: fc.constant('content' as const), content, edited: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ is: fc.constant('tap' as const), pick: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      is: fc.constant('result' as const),
      result: fc.oneof(
        fc.jsonValue() as fc.Arbitrary<Json>,
        fc.constant<Json>({ reference: 'W-1', ok: true, cases: [{}] }),
      ),
    }),
  },
  fc.record({ is: fc.constant('timer' as const), pick: fc.nat() }),
  fc.record({ is: fc.constant('start' as const), flowId: fc.constantFrom(...flows.map(({ id }) => id), 'nothing') }),
  fc.record({ is: fc.constantFrom('lost' as const, 'failed' as const) }),
);

describe('whatever people do', () => {
  it('the engine never throws, keeps plain JSON of bounded size, and sends nothing empty', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...flows.map(({ id }) => id)),
        fc.constantFrom('ar', 'en', 'zz'),
        fc.array(action, { maxLength: 25 }),
        (flowId, language, actions) => {
          let state: SessionState | null = null;
          let at = 1_770_000_000_000;
          const timers: string[] = [];
          const keys: string[] = [];
          const choices: string[] = [];
          const apply = (event: Record<string, unknown>): number => {
            at += 1000;
            const context = {
              isOpen: at % 2000 === 0,
              opensAt: '2026-03-16T05:00:00Z',
              queueLength: 2,
              timeZone: 'Asia/Riyadh',
            };
            const stepped = step(program, state, { at, language, context, ...event } as EngineEvent); // Built below, one kind each.
            expect(JSON.parse(JSON.stringify(stepped))).toEqual(stepped);
            expect(JSON.stringify(stepped.state).length).toBeLessThan(60_000);
            let sent = 0;
            for (const effect of stepped.effects) {
              if (effect.type === 'set-timer') timers.push(effect.name);
              if ('key' in effect) keys.push(effect.key);
              if (effect.type !== 'send') continue;
              sent += 1;
              if (effect.content.type !== 'text') continue;
              expect(effect.content.text).not.toBe('');
              for (const choice of effect.content.choices ?? []) {
                choices.push(choice.id);
                expect(Buffer.byteLength(choice.id)).toBeLessThanOrEqual(40);
              }
            }
            state = stepped.state;
            return sent;
          };
          apply({ type: 'start', flowId, parameters: {} });
          for (const one of actions) {
            if (one.is === 'content')
              apply({
                type: 'message',
                content: one.content,
                edited: one.edited,
                ...(one.content.type === 'media' ? { attachmentId: toId('f1') } : {}),
              });
            else if (one.is === 'tap')
              apply({ type: 'message', content: { type: 'choice', choiceId: choices.at(-(one.pick % 8) - 1) ?? 'x' } });
            else if (one.is === 'result') apply({ type: 'result', key: keys.at(-1) ?? 'x', result: one.result });
            else if (one.is === 'timer')
              apply({ type: 'timer', name: timers[one.pick % Math.max(1, timers.length)] ?? 'silence' });
            else if (one.is === 'start') apply({ type: 'start', flowId: one.flowId, parameters: {} });
            else if (one.is === 'lost') apply({ type: 'media-lost', attachmentId: toId('f1') });
            else expect(apply({ type: 'failed' })).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe('whatever a flow file holds', () => {
  it('is refused with a reason or is a flow, and is never a crash', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (source) => {
        const parsed = parseFlow(source);
        expect(parsed.ok || parsed.problems.length > 0).toBe(true);
      }),
    );
  });

  it('is refused without overflowing when nested a hundred thousand deep', () => {
    const source: unknown = JSON.parse(`{"spec":1,"id":"deep","nodes":${'['.repeat(5000)}${']'.repeat(5000)}}`);
    expect(parseFlow(source)).toMatchObject({ ok: false });
  });

  it('may be any flow with one part replaced by anything: parsed or refused, inspected, run, never a crash', () => {
    const translate = createTranslate({ resources });
    fc.assert(
      fc.property(
        fc.constantFrom(...sources),
        fc.nat(),
        fc.oneof(fc.jsonValue(), anyText, fc.constant({ ar: '{{' })),
        (source, place, value) => {
          const changed = replaceLeaf(source, place, value);
          const parsed = parseFlow(changed);
          if (!parsed.ok) return;
          inspectFlow(parsed.value, {
            languages: ['ar', 'en'],
            translate,
            facts: {},
            flows: new Map([[parsed.value.id, parsed.value]]),
          });
          const context = { isOpen: true, opensAt: null, queueLength: 0, timeZone: 'Asia/Riyadh' };
          const changedProgram = toProgram([parsed.value]);
          const { state } = step(changedProgram, null, {
            at: 1,
            language: 'ar',
            context,
            type: 'start',
            flowId: parsed.value.id,
            parameters: {},
          });
          step(changedProgram, state, {
            at: 2,
            language: 'ar',
            context,
            type: 'message',
            content: { type: 'text', text: '1' },
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('whatever an author types', () => {
  it('an expression is read or refused, and running it never throws', () => {
    const pieces = fc.array(
      fc.constantFrom(
        'a',
        '1',
        '"x"',
        '+',
        '>',
        '==',
        '(',
        ')',
        '[',
        ']',
        'size',
        'exists',
        '.',
        ',',
        '?',
        ':',
        ' in ',
        '!',
        'null',
        '/0',
        '{',
        '}',
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          pieces.map((parts) => parts.join('')),
          fc.string(),
        ),
        fc.jsonValue(),
        (source, value) => {
          const compiled = compileExpression(source);
          if (compiled.ok) expect(typeof compiled.expression.evaluate(() => value as Json).ok).toBe('boolean');
          else expect(compiled.problem).not.toBe('');
        },
      ),
      { numRuns: 500 },
    );
  });

  it('a template is read or refused, and what people typed never steers or becomes a placeholder', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.oneof(anyText, fc.string({ unit: 'binary' })), (source, typed) => {
        const compiled = compileTemplate(`${source.replace(/[{}]/g, '')} {{name}}`);
        if (!compiled.ok) return;
        const values = { value: () => typed, fact: () => 'never', language: 'ar', timeZone: 'Asia/Riyadh' };
        const filled = compiled.template.renderWhole(values);
        expect(filled).not.toContain('never');
        const inside = filled.slice(filled.lastIndexOf(typed === '' ? '' : '\u2068') + 1).replace(/\u2069\s*$/, '');
        if (typed !== '') expect(/[\u202A-\u202E\u2066-\u2068]/.test(inside.replace(/\u2066/, ''))).toBe(false);
      }),
    );
  });
});

/** The source with its n-th leaf replaced. */
function replaceLeaf(source: unknown, place: number, value: unknown): unknown {
  const leaves: (readonly (string | number)[])[] = [];
  const walk = (part: unknown, path: readonly (string | number)[]): void => {
    if (typeof part !== 'object' || part === null) leaves.push(path);
    else for (const [key, inner] of Object.entries(part)) walk(inner, [...path, key]);
  };
  walk(source, []);
  const path = leaves[place % leaves.length] ?? [];
  const copy: unknown = structuredClone(source);
  let target = copy as Record<string, unknown>; // A flow file is an object, and the path leads through its objects and lists.
  for (const key of path.slice(0, -1)) target = target[key] as Record<string, unknown>;
  target[path.at(-1) ?? ''] = value;
  return copy;
}
