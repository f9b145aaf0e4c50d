import { z } from 'zod';
import type { Json } from '../domain/effect.ts';
import type { Choice, InboundContent, OutboundContent } from '../domain/message.ts';
import { stripDirection } from './isolate.ts';
import { nodeIdSchema } from './names.ts';
import type { Program } from './program.ts';
import { createSimulation, join, sampleMedia, type Action, type Reaction, type Simulation } from './simulation.ts';

const jsonSchema: z.ZodType<Json> = z.json();
const parametersSchema = z.record(z.string(), jsonSchema);

const contextSchema = z.strictObject({
  isOpen: z.boolean().optional(),
  opensAt: z.string().nullable().optional(),
  queueLength: z.int().min(0).optional(),
  consent: z.enum(['given', 'withdrawn']).optional(),
  personName: z.string().optional(),
  timeZone: z.string().optional(),
  hasOpenCase: z.boolean().optional(),
});

const mediaKinds = ['photo', 'document', 'voice', 'audio', 'video', 'sticker'] as const;

const sendSchema = z.union([
  z.enum(mediaKinds),
  z.strictObject({ photo: z.literal(true), albumId: z.string().optional(), caption: z.string().optional() }),
  z.strictObject({ latitude: z.number(), longitude: z.number(), name: z.string().optional() }),
  z.strictObject({ contactName: z.string(), phone: z.string() }),
  z.strictObject({ unsupported: z.string() }),
]);

const expectedSchema = z.union([
  z.string(),
  z.strictObject({
    text: z.string().optional(),
    contains: z.union([z.string(), z.array(z.string())]).optional(),
    pattern: z.string().optional(),
    choices: z.array(z.string()).optional(),
  }),
]);

const refusalSchema = z.strictObject({
  reason: z.enum(['type', 'too-large']),
  limits: z.strictObject({
    kinds: z.array(z.enum(['photo', 'pdf', 'office', 'sound', 'video'])),
    maxMegabytes: z.int().min(1),
  }),
});

const turnSchema = z.strictObject({
  say: z.string().optional(),
  tap: z.string().optional(),
  old: z.boolean().optional(),
  edit: z.string().optional(),
  of: z.int().min(1).optional(),
  send: sendSchema.optional(),
  timer: z.string().optional(),
  result: jsonSchema.optional(),
  mediaLost: z.int().min(1).optional(),
  refusal: refusalSchema.optional(),
  start: z.strictObject({ flow: nodeIdSchema, parameters: parametersSchema.optional() }).optional(),
  fail: z.literal(true).optional(),
  context: contextSchema.optional(),
  quick: z.boolean().optional(),
  expect: z.array(expectedSchema).optional(),
  effects: z.array(parametersSchema).optional(),
  variables: parametersSchema.optional(),
  ended: z.boolean().optional(),
});

/** A conversation test as `test/conversations/*.json` holds it; `docs/flow-language.md` explains each field. */
export const conversationTestSchema = z.strictObject({
  title: z.string().min(1),
  flow: nodeIdSchema.optional(),
  parameters: parametersSchema.optional(),
  language: z.string().min(2),
  context: contextSchema.optional(),
  results: parametersSchema.optional(),
  turns: z.array(turnSchema).min(1).max(200),
});

export type ConversationTest = z.infer<typeof conversationTestSchema>;
type Turn = ConversationTest['turns'][number];
type Expected = z.infer<typeof expectedSchema>;

export interface ConversationOutcome {
  readonly ok: boolean;
  /** What differed, each with its turn (from 1); empty when all was as expected. */
  readonly failures: readonly string[];
  readonly reactions: readonly Reaction[];
}

/** Plays a conversation test. Pure; the state goes through JSON at each turn. Never throws on a parsed test. */
export function runConversationTest(program: Program, test: ConversationTest): ConversationOutcome {
  const simulation = createSimulation(program, {
    language: test.language,
    ...(test.context === undefined ? {} : { context: withoutUndefined(test.context) }),
    ...(test.results === undefined ? {} : { results: test.results }),
  });
  const failures: string[] = [];
  const reactions: Reaction[] = [];
  for (const [index, turn] of test.turns.entries()) {
    const reaction = playTurn(simulation, test, index);
    reactions.push(reaction);
    failures.push(
      ...compare(turn, reaction, simulation).map((difference) => `turn ${index + 1}${nameOf(turn)}: ${difference}`),
    );
  }
  return { ok: failures.length === 0, failures, reactions };
}

function playTurn(simulation: Simulation, test: ConversationTest, index: number): Reaction {
  const turn = test.turns[index] ?? {};
  const following = test.turns[index + 1];
  if (turn.context !== undefined) simulation.context = { ...simulation.context, ...withoutUndefined(turn.context) };
  if (index > 0) simulation.pass(turn.quick === true ? 300 : 0);
  let reaction: Reaction = { sent: [], effects: [] };
  if (index === 0 && test.flow !== undefined)
    reaction = simulation.act({
      start: { flow: test.flow, ...(test.parameters === undefined ? {} : { parameters: test.parameters }) },
    });
  const actions = toActions(turn);
  if (actions.length > 1) return { ...reaction, problem: 'a turn does one thing' };
  for (const action of actions) reaction = join(reaction, simulation.act(action));
  if (following?.result === undefined) reaction = join(reaction, simulation.settleResults());
  if (following?.quick !== true && following?.timer === undefined) reaction = join(reaction, simulation.pass(10_000));
  if (following?.result === undefined) reaction = join(reaction, simulation.settleResults());
  return reaction;
}

function toActions(turn: Turn): Action[] {
  const actions: Action[] = [];
  if (turn.say !== undefined) actions.push({ say: turn.say });
  if (turn.tap !== undefined) actions.push({ tap: turn.tap, ...(turn.old === undefined ? {} : { old: turn.old }) });
  if (turn.edit !== undefined) actions.push({ edit: turn.edit, ...(turn.of === undefined ? {} : { of: turn.of }) });
  if (turn.send !== undefined) actions.push({ send: toContent(turn.send) });
  if (turn.timer !== undefined) actions.push({ timer: turn.timer });
  if (turn.result !== undefined) actions.push({ result: turn.result });
  if (turn.mediaLost !== undefined)
    actions.push({ mediaLost: turn.mediaLost, ...(turn.refusal && { refusal: turn.refusal }) });
  if (turn.start !== undefined) {
    const { flow, parameters } = turn.start;
    actions.push({ start: { flow, ...(parameters === undefined ? {} : { parameters }) } });
  }
  if (turn.fail !== undefined) actions.push({ fail: true });
  return actions;
}

function toContent(send: z.infer<typeof sendSchema>): InboundContent {
  if (typeof send === 'string') return sampleMedia(send);
  if ('photo' in send) {
    const media = sampleMedia('photo', send.albumId);
    return media.type === 'media' && send.caption !== undefined ? { ...media, caption: send.caption } : media;
  }
  if ('latitude' in send) {
    const { latitude, longitude, name } = send;
    return { type: 'location', latitude, longitude, ...(name === undefined ? {} : { name }) };
  }
  return 'contactName' in send
    ? { type: 'contact', name: send.contactName, phone: send.phone }
    : { type: 'unsupported', what: send.unsupported };
}

function compare(turn: Turn, reaction: Reaction, simulation: Simulation): string[] {
  const differences = reaction.problem === undefined ? [] : [reaction.problem];
  if (turn.expect !== undefined) differences.push(...compareSent(turn.expect, reaction.sent));
  for (const effect of turn.effects ?? [])
    if (!reaction.effects.some((actual) => contains(actual as unknown as Json, effect)))
      // An effect is plain JSON by its type.
      differences.push(`expected the effect ${JSON.stringify(effect)}, got ${JSON.stringify(reaction.effects)}`);
  if (turn.ended !== undefined && turn.ended !== (simulation.state === null))
    differences.push(turn.ended ? 'expected the session to be over' : 'expected the session to go on');
  const variables = variablesOf(simulation);
  for (const [name, value] of Object.entries(turn.variables ?? {}))
    if (!contains(variables[name] ?? null, value))
      differences.push(
        `expected ${name} to be ${JSON.stringify(value)}, got ${JSON.stringify(variables[name] ?? null)}`,
      );
  return differences;
}

function compareSent(expected: readonly Expected[], sent: readonly OutboundContent[]): string[] {
  const differences = expected.flatMap((wanted, index) => {
    const content = sent[index];
    return content === undefined
      ? [`message ${index + 1} was not sent; expected ${show(wanted)}`]
      : compareOne(wanted, content, index);
  });
  const extra = sent
    .slice(expected.length)
    .map((content, index) => `message ${expected.length + index + 1} was not expected: ${showContent(content)}`);
  return [...differences, ...extra];
}

function compareOne(wanted: Expected, content: OutboundContent, index: number): string[] {
  const rule = typeof wanted === 'string' ? { text: wanted } : wanted;
  const text = content.type === 'text' ? stripDirection(content.text) : '';
  const choices: readonly Choice[] = content.type === 'text' ? (content.choices ?? []) : [];
  const labels = choices.map(({ label }) => stripDirection(label));
  const parts = typeof rule.contains === 'string' ? [rule.contains] : (rule.contains ?? []);
  const isLike =
    (rule.text === undefined || stripDirection(rule.text) === text) &&
    parts.every((part) => text.includes(stripDirection(part))) &&
    (rule.pattern === undefined || matches(rule.pattern, text)) &&
    (rule.choices === undefined || JSON.stringify(rule.choices) === JSON.stringify(labels));
  return isLike ? [] : [`message ${index + 1}: expected ${show(wanted)}, got ${showContent(content)}`];
}

function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    return false;
  }
}

/** Whether all that `part` says is so in `whole`; lists must have equal length, and marks of direction do not count. */
function contains(whole: Json, part: Json): boolean {
  if (typeof part === 'string' && typeof whole === 'string') return stripDirection(part) === stripDirection(whole);
  if (typeof part !== 'object' || part === null) return whole === part;
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole) !== Array.isArray(part)) return false;
  if (Array.isArray(part) && (whole as readonly Json[]).length !== part.length) return false;
  const object = whole as Readonly<Record<string, Json>>; // An object or a list: both have their members by key.
  return Object.entries(part).every(
    ([key, value]) => Object.hasOwn(object, key) && contains(object[key] ?? null, value as Json),
  );
}

function variablesOf(simulation: Simulation): Readonly<Record<string, Json>> {
  const frames = simulation.state?.['frames'];
  const top = Array.isArray(frames) ? (frames as readonly Json[]).at(-1) : undefined;
  return typeof top === 'object' && top !== null && 'variables' in top
    ? (top.variables as Readonly<Record<string, Json>>)
    : {};
}

function show(wanted: Expected): string {
  return JSON.stringify(wanted);
}

function showContent(content: OutboundContent): string {
  if (content.type !== 'text') return content.type;
  const labels = content.choices?.map(({ label }) => stripDirection(label));
  return JSON.stringify(
    labels === undefined ? stripDirection(content.text) : { text: stripDirection(content.text), choices: labels },
  );
}

function nameOf(turn: Turn): string {
  if (turn.say !== undefined) return ` (say ${JSON.stringify(turn.say)})`;
  return turn.tap === undefined ? '' : ` (tap ${JSON.stringify(turn.tap)})`;
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>; // Just filtered.
}
