import { normalise } from '../faq/normalise.ts';
import { resolveChoice } from '../faq/resolve-choice.ts';
import type { InboundContent } from '../domain/message.ts';
import { advance, give, repeatQuestion, startFlow } from './advance.ts';
import { fail, handOverAfterFailure } from './failure.ts';
import { callHuman, runIntent, showMenu } from './global-intent.ts';
import type { Input, Move } from './node-kind.ts';
import { receiveEdit } from './receive-edit.ts';
import { cut, type Run } from './run.ts';
import { createState, type PendingMessage, type Wait } from './state.ts';

/** Characters of one message that are read. */
const LONGEST_MESSAGE = 4000;
/** Messages kept while a result is awaited, and how long one may keep a person waiting. */
const MOST_PENDING = 5;
const LONGEST_RESULT_MS = 60_000;

interface Received extends Readonly<PendingMessage> {
  readonly edited?: boolean;
}

/** What a person wrote, tapped or sent, whatever the session is doing. */
export function receiveMessage(run: Run, received: Received): void {
  const { state } = run;
  const content = tidy(run, received.content);
  const message = content === received.content ? received : { ...received, content };
  state.turn += 1;
  if (state.unattended !== undefined) delete state.unattended;
  state.lastAt = run.at;
  if (state.wait?.for !== 'result') {
    route(run, message);
    return;
  }
  if (run.at - state.wait.since > LONGEST_RESULT_MS) fail(run, 'result-missing');
  else if ((state.pending?.length ?? 0) < MOST_PENDING && message.edited !== true)
    state.pending = [...(state.pending ?? []), toPending(message)];
}

/** Reads the messages that came while a result was awaited, in order. */
export function receivePending(run: Run): void {
  const { state } = run;
  while (state.pending !== undefined && state.wait?.for !== 'result') {
    const [message, ...others] = state.pending;
    if (others.length > 0) state.pending = others;
    else delete state.pending;
    if (message === undefined) return;
    if (run.hasEnded) beginAgain(run, message);
    else route(run, message);
  }
}

/** A message that finds no session: an intent's flow at once, else the entry flow. */
export function begin(run: Run, message: Received): void {
  const content = tidy(run, message.content);
  run.state.turn += 1;
  const intent = content.type === 'text' ? run.program.matchIntent(content.text) : null;
  if (intent !== null && intent !== 'back') {
    runIntent(run, intent);
    return;
  }
  if (content.type === 'choice') run.say(run.engineText('old-button-over'));
  startFlow(run, run.program.entryFlowId, { firstMessage: firstText(content) });
}

function beginAgain(run: Run, message: Received): void {
  const { language, count, session } = run.state;
  Object.assign(run.state, createState(run.at, language, count), { session });
  run.hasEnded = false;
  begin(run, message);
}

function route(run: Run, message: Received): void {
  const { content } = message;
  const { wait } = run.state;
  if (message.edited === true) {
    const isOpen = (wait?.tries ?? 0) > 0 || run.node()?.node.type === 'faq';
    if (content.type !== 'text') return;
    if (!isOpen || wait?.offer !== undefined) {
      receiveEdit(run, content.text);
      return;
    }
  }
  if (wait === null) beginAgain(run, message);
  else if (wait.offer !== undefined) receiveOffer(run, message, wait);
  else if (content.type === 'choice') receiveTap(run, content.choiceId, wait);
  else if (content.type === 'text') receiveText(run, content.text, wait);
  else if (content.type === 'media') receiveMedia(run, message, content);
  else receiveInput(run, content);
}

function receiveTap(run: Run, choiceId: string, wait: Wait): void {
  const key = toKey(choiceId, wait);
  if (key === null) {
    run.say(run.engineText('old-button'));
    repeatQuestion(run);
  } else if (key === '$human') callHuman(run);
  else receiveInput(run, { type: 'choice', key });
}

function receiveText(run: Run, text: string, wait: Wait): void {
  const isClaimed = run.node()?.step.claims?.(run, text) === true;
  if (!isClaimed && wait.tries > 0 && normalise(text) === normalise(run.engineText('button-human'))) {
    callHuman(run);
    return;
  }
  const intent = isClaimed ? null : run.program.matchIntent(text);
  if (intent === null) receiveInput(run, { type: 'text', text });
  else runIntent(run, intent);
}

// The pictures of an album come as messages of their own; only the first is answered.
function receiveMedia(run: Run, message: Received, content: Extract<InboundContent, { type: 'media' }>): void {
  const { state } = run;
  const { albumId } = content;
  const input: Input =
    message.attachmentId === undefined ? content : { ...content, attachmentId: message.attachmentId };
  const known = albumId !== undefined && state.album?.id === albumId ? state.album : undefined;
  const move = give(run, input);
  if (move.to !== 'unexpected') {
    if (albumId !== undefined) state.album = { id: albumId, accepted: true };
    advance(run, move);
  } else if (known === undefined) {
    if (albumId !== undefined) state.album = { id: albumId, accepted: false };
    else delete state.album;
    answerUnexpected(run, input);
  } else if (known.accepted && known.noted !== true) {
    state.album = { ...known, noted: true };
    run.say(run.engineText('album-extra'));
  }
}

function receiveInput(run: Run, input: Input): void {
  const move: Move = give(run, input);
  if (move.to === 'unexpected') answerUnexpected(run, input);
  else advance(run, move);
}

function answerUnexpected(run: Run, input: Input): void {
  run.say(run.engineText(unexpectedKey(input)));
  if (run.countTry() % 3 !== 0) repeatQuestion(run);
  else
    run.say(
      run.engineText('retry-offer'),
      (['again', 'human'] as const).map((key) => run.choice(`$${key}`, run.engineText(`button-${key}`))),
    );
}

function unexpectedKey(input: Input): string {
  if (input.type === 'choice') return 'old-button';
  if (input.type === 'location' || input.type === 'contact' || input.type === 'unsupported')
    return `unexpected-${input.type}`;
  if (input.type !== 'media') return 'choice-unknown';
  const { kind } = input.media;
  if (kind === 'voice' || kind === 'audio') return 'unexpected-voice';
  return kind === 'sticker' ? 'unexpected-sticker' : 'unexpected-file';
}

function receiveOffer(run: Run, message: Received, wait: Wait): void {
  const { content } = message;
  const keys = wait.under === undefined ? (['human', 'menu'] as const) : (['again', 'human', 'menu'] as const);
  const index =
    content.type === 'text'
      ? resolveChoice(
          content.text,
          keys.map((key) => run.engineText(`button-${key}`)),
        )
      : null;
  const key = content.type === 'choice' ? toKey(content.choiceId, wait) : index === null ? null : `$${keys[index]}`;
  if (key === '$human') {
    handOverAfterFailure(run);
    return;
  }
  if (key === '$menu') {
    showMenu(run);
    return;
  }
  run.state.wait = wait.under ?? null;
  if (key === '$again') repeatQuestion(run);
  else if (wait.under?.for === 'result') receiveMessage(run, message);
  else route(run, message);
}

/** The choice's key within its question; null when the button belongs to another one. */
function toKey(choiceId: string, wait: Wait): string | null {
  return choiceId.startsWith(`${wait.id}.`) ? choiceId.slice(wait.id.length + 1) : null;
}

function toPending({ content, attachmentId, messageId }: Received): PendingMessage {
  return {
    content,
    ...(attachmentId === undefined ? {} : { attachmentId }),
    ...(messageId === undefined ? {} : { messageId }),
  };
}

function firstText(content: InboundContent): string {
  if (content.type === 'text') return content.text;
  return content.type === 'media' ? (content.caption ?? '') : '';
}

// NUL, other controls and halves of characters break stores and platforms; a message longer than can be meant is cut.
function tidy(run: Run, content: InboundContent): InboundContent {
  if (content.type === 'media')
    return content.caption === undefined ? content : { ...content, caption: tidyText(run, content.caption) };
  if (content.type !== 'text') return content;
  const text = tidyText(run, content.text);
  return text === content.text ? content : { ...content, text };
}

function tidyText(run: Run, text: string): string {
  const clean = unsafe.test(text) ? text.replace(allUnsafe, '') : text;
  if (clean.length <= LONGEST_MESSAGE) return clean;
  run.record('text-too-long');
  run.say(run.engineText('text-too-long'));
  return cut(clean, LONGEST_MESSAGE);
}

const unsafe = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\p{Cs}]/u;
const allUnsafe = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\p{Cs}]/gu;
