import type { Effect, Json } from '../domain/effect.ts';
import type { Choice, InboundContent, OutboundContent } from '../domain/message.ts';
import { normaliseReference, toReference } from '../domain/reference.ts';
import type { ConversationTest } from '../flow/conversation-test.ts';
import { stripDirection } from '../flow/isolate.ts';
import type { Program } from '../flow/program.ts';
import { createSimulation, defaultResults, join, sampleMedia, type Action, type Reaction } from '../flow/simulation.ts';

export interface TerminalChatOptions {
  readonly language: string;
  readonly isOpen: boolean;
  readonly opensAt: string | null;
  /** Begins as somebody who has agreed before. */
  readonly isKnown: boolean;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A conversation with the flows, without any channel: typed lines in, printed lines out. What it plays can be kept as a test. */
export interface TerminalChat {
  start(flow: string): readonly string[];
  /** A typed line: a text, the number of a choice, or a command (see `commands`). */
  read(line: string): readonly string[];
  /** All that was played, as a conversation test that passes now. */
  recording(title: string): ConversationTest;
}

export const commands = `/wait                  lets time pass until the next timer
/photo /document /voice /video /sticker
/location LAT LON      /contact NAME PHONE
/edit TEXT             changes what you said last
/open /closed          office hours from now on
/release /close        as an officer: gives the conversation back, or ends it
/quit`;

type Turn = ConversationTest['turns'][number];
type Played = { turn: Turn; reaction: Reaction };

export function createTerminalChat(program: Program, options: TerminalChatOptions): TerminalChat {
  const context = {
    isOpen: options.isOpen,
    opensAt: options.isOpen ? null : options.opensAt,
    ...(options.isKnown ? { consent: 'given' as const } : {}),
  };
  const simulation = createSimulation(program, { language: options.language, at: options.at, context });
  const cases: { reference: string; kind: string; status: string; updatedAt: number }[] = [];
  const turns: Turn[] = [];
  let choices: readonly Choice[] = [];
  let isQueued = false;
  let changedContext: Turn['context'];

  const play = (turn: Turn, action: Action): readonly string[] => {
    const played: Played[] = [{ turn, reaction: simulation.act(action) }];
    const { problem } = played[0]?.reaction ?? {};
    if (problem !== undefined) return [`! ${problem}`];
    answerEffects(played);
    const settled = simulation.pass(10_000);
    const last = played.at(-1);
    if (last !== undefined) last.reaction = join(last.reaction, settled);
    return played.flatMap(keep);
  };
  // Results as the world would give them; those that tests give by themselves need no turn of their own.
  const answerEffects = (played: Played[]): void => {
    const first = played[0];
    if (first === undefined) return;
    const awaited = first.reaction.effects.filter((effect) => 'key' in effect);
    for (let effect = awaited.shift(); effect !== undefined; effect = awaited.shift()) {
      const result = resultOf(effect);
      const reaction = simulation.act({ result });
      awaited.push(...reaction.effects.filter((other) => 'key' in other));
      const isUsual = JSON.stringify(result) === JSON.stringify(defaultResults[effect.type]);
      const last = played.at(-1) ?? first;
      if (isUsual) last.reaction = join(last.reaction, reaction);
      else played.push({ turn: { result }, reaction });
    }
  };
  const resultOf = (effect: Effect): Json => {
    if (effect.type === 'open-case') {
      const reference = toReference(cases.length + 100);
      cases.unshift({ reference, kind: effect.kind, status: 'received', updatedAt: simulation.at });
      return { reference };
    }
    if (effect.type !== 'find-case') return defaultResults[effect.type] ?? null;
    const wanted = effect.reference === undefined ? null : normaliseReference(effect.reference);
    const found = effect.reference === undefined ? cases.slice(0, 5) : cases.filter((one) => one.reference === wanted);
    return { found: found.length > 0, cases: found };
  };
  const keep = ({ turn, reaction }: Played): readonly string[] => {
    if (reaction.effects.some(({ type }) => type === 'hand-over')) isQueued = true;
    const effects = reaction.effects.filter(({ type }) => shownEffects.has(type));
    const offered = reaction.sent.findLast((content) => content.type === 'text' && content.choices !== undefined);
    if (reaction.sent.length > 0) choices = offered?.type === 'text' ? (offered.choices ?? []) : [];
    turns.push({
      ...turn,
      ...(changedContext === undefined ? {} : { context: changedContext }),
      expect: reaction.sent.map(toExpected),
      ...(effects.length === 0 ? {} : { effects: effects.map(withoutKey) }),
    });
    changedContext = undefined;
    return [...reaction.sent.flatMap(toLines), ...effects.map(({ type }) => `  (${type})`)];
  };

  const readCommand = (command: string, words: readonly string[]): readonly string[] | null => {
    const rest = words.join(' ');
    switch (command) {
      case '/wait': {
        for (const timer of ['settle', 'wait', 'silence']) {
          const lines = play({ timer }, { timer });
          if (lines[0]?.startsWith('!') !== true) return lines;
        }
        return ['! no timer is set'];
      }
      case '/photo':
      case '/document':
      case '/voice':
      case '/video':
      case '/sticker': {
        const send = mediaCommands[command];
        return play({ send }, { send: sampleMedia(send) });
      }
      case '/location': {
        const [latitude, longitude] = words.map(Number);
        if (latitude === undefined || longitude === undefined || !Number.isFinite(latitude + longitude))
          return ['! expected /location 24.4686 39.6142'];
        return play({ send: { latitude, longitude } }, { send: { type: 'location', latitude, longitude } });
      }
      case '/contact': {
        const phone = words.at(-1);
        const name = words.slice(0, -1).join(' ');
        if (phone === undefined || name === '') return ['! expected /contact NAME PHONE'];
        const contact: InboundContent = { type: 'contact', name, phone };
        return play({ send: { contactName: name, phone } }, { send: contact });
      }
      case '/edit':
        return rest === '' ? ['! expected /edit TEXT'] : play({ edit: rest }, { edit: rest });
      case '/open':
      case '/closed': {
        const isOpen = command === '/open';
        changedContext = { isOpen, opensAt: isOpen ? null : options.opensAt };
        simulation.context = { ...simulation.context, isOpen, opensAt: isOpen ? null : options.opensAt };
        return [`  (the office is ${isOpen ? 'open' : 'closed'})`];
      }
      case '/release':
      case '/close': {
        isQueued = false;
        const flow = command === '/close' ? 'satisfaction-survey' : 'menu';
        return play({ start: { flow } }, { start: { flow } });
      }
      default:
        return null;
    }
  };

  return {
    start: (flow) => play({ start: { flow } }, { start: { flow } }),
    read: (line) => {
      const [command = '', ...words] = line.trim().split(/\s+/);
      if (command === '') return [];
      const done = readCommand(command, words);
      if (done !== null) return done;
      if (isQueued && !obeyedWhileQueued.has(program.matchIntent(line) ?? ''))
        return ['  (kept for the officer; /release or /close to go on as the officer)'];
      isQueued = false;
      const choice = /^\d{1,2}$/.test(command) && words.length === 0 ? choices[Number(command) - 1] : undefined;
      if (choice !== undefined) return play({ tap: choice.label }, { tap: choice.label });
      return play({ say: line }, { say: line });
    },
    recording: (title) => ({ title, language: options.language, context, turns: turns.length > 0 ? turns : [{}] }),
  };
}

/** What the runtime lets people do while an officer is awaited; everything else is for the officer. */
const obeyedWhileQueued: ReadonlySet<string> = new Set(['stop', 'delete-my-data', 'menu', 'cancel']);

const mediaCommands = {
  '/photo': 'photo',
  '/document': 'document',
  '/voice': 'voice',
  '/video': 'video',
  '/sticker': 'sticker',
} as const;

const shownEffects: ReadonlySet<Effect['type']> = new Set([
  'hand-over',
  'open-case',
  'find-case',
  'link',
  'call',
  'record-survey',
  'set-language',
  'set-consent',
  'erase-person',
  'record-failure',
]);

function withoutKey(effect: Effect): Record<string, Json> {
  const { key: _key, ...rest } = effect as unknown as Record<string, Json>; // An effect is plain JSON by its type.
  return stripAll(rest) as Record<string, Json>; // An object stays one.
}

// Isolates are invisible: in a test's file they would only confuse whoever edits it.
function stripAll(value: Json): Json {
  if (typeof value === 'string') return stripDirection(value);
  if (Array.isArray(value)) return value.map((item: Json) => stripAll(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, stripAll(item)])); // Members of JSON are JSON.
}

function toExpected(content: OutboundContent): NonNullable<Turn['expect']>[number] {
  if (content.type !== 'text') return { contains: '' };
  const text = stripDirection(content.text);
  if (content.choices === undefined) return text;
  return { text, choices: content.choices.map(({ label }) => stripDirection(label)) };
}

function toLines(content: OutboundContent): string[] {
  if (content.type !== 'text') return [`[${content.type}]`];
  return [content.text, ...(content.choices ?? []).map(({ label }, index) => `  ${index + 1}. ${label}`), ''];
}
