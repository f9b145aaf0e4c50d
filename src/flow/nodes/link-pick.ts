import type { Json } from '../../domain/effect.ts';
import type { LinkedChannel } from '../../domain/link.ts';
import { toId } from '../../domain/ids.ts';
import { resolveChoice } from '../../faq/resolve-choice.ts';
import type { Choice } from '../../domain/message.ts';
import { channelName } from '../link-words.ts';
import { leave, stay, unexpected, type CompiledText, type Input, type Move } from '../node-kind.ts';
import { DEFAULT_RETRIES, engineChoice, retry } from '../retry.ts';
import type { Run } from '../run.ts';

/** One channel that can be picked; `this` is the conversation in which it is asked. */
interface Option {
  readonly id: string;
  readonly label: string;
}

/** The channels of a `list` result. */
export function channelsOf(result: Json): LinkedChannel[] {
  if (typeof result !== 'object' || result === null || !('channels' in result) || !Array.isArray(result.channels))
    return [];
  const channels: readonly Json[] = result.channels; // Array.isArray forgets the readonly element type.
  return channels.flatMap((one) => {
    if (typeof one !== 'object' || one === null || !('conversationId' in one) || !('channel' in one)) return [];
    const { conversationId, channel } = one;
    if (typeof conversationId !== 'string' || typeof channel !== 'string') return [];
    return [{ conversationId: toId<'conversation'>(conversationId), channel }];
  });
}

/** Asks which channel it shall be, now that they are known. */
export function askWhich(run: Run, result: Json, text: CompiledText): Move {
  run.open('person');
  run.note(toOptions(run, channelsOf(result)).map(({ id, label }) => [id, label]));
  repeatWhich(run, text);
  return stay;
}

export function repeatWhich(run: Run, text: CompiledText): void {
  run.say(text.question(run), buttons(run));
}

export function takeWhich(run: Run, input: Input, text: CompiledText, save: string): Move {
  if (run.wait.tries > 0 && engineChoice(run, input, ['again']) === 'again') {
    run.forgiveTries();
    repeatWhich(run, text);
    return stay;
  }
  const options = optionsOf(run);
  const choices = buttons(run);
  if (input.type !== 'choice' && input.type !== 'text') return unexpected;
  const index =
    input.type === 'choice'
      ? choices.findIndex(({ id }) => id.endsWith(`.${input.key}`))
      : (resolveChoice(
          input.text,
          choices.map(({ label }) => label),
        ) ?? -1);
  if (index === options.length) return leave('nothing');
  const picked = options[index];
  if (picked) {
    run.answer(save, picked.id, picked.label);
    return leave('picked');
  }
  if (input.type === 'choice') return unexpected;
  return retry(run, run.engineText('choice-unknown'), { retries: DEFAULT_RETRIES, skippable: false, choices });
}

/** Two channels of one kind are told apart by a number. With two other channels or more, this one can be picked as well. */
function toOptions(run: Run, channels: readonly LinkedChannel[]): Option[] {
  const seen = new Map<string, number>();
  const others = channels.map(({ conversationId, channel }): Option => {
    const name = channelName(run.program.templates, run.language, channel);
    const number = (seen.get(name) ?? 0) + 1;
    seen.set(name, number);
    return { id: conversationId, label: number === 1 ? name : `${name} ${number}` };
  });
  return others.length < 2 ? others : [...others, { id: 'this', label: run.engineText('link-this') }];
}

/** Noted with the wait: what can be picked does not change while it is asked. */
function optionsOf(run: Run): Option[] {
  const noted = run.wait.data;
  if (!Array.isArray(noted)) return [];
  return (noted as readonly (readonly [string, string])[]).map(([id, label]) => ({ id, label })); // As `askWhich` noted them.
}

/** One for each option, and one for none of them. */
function buttons(run: Run): Choice[] {
  return [
    ...optionsOf(run).map(({ label }, index) => run.choice(`n${index + 1}`, label)),
    run.choice('nothing', run.engineText('link-nothing')),
  ];
}
