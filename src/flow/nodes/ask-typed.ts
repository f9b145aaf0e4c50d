import { parseAnswer } from '../../answers/answers.ts';
import type { AnswerRule } from '../../answers/types.ts';
import type { Choice } from '../../domain/message.ts';
import { next, unexpected, type Input, type Move } from '../node-kind.ts';
import { engineChoice, retry } from '../retry.ts';
import type { Run } from '../run.ts';

export interface AskForm {
  readonly save: string;
  readonly retries: number;
  readonly skippable: boolean;
}

/** A yes-no question has buttons; the others are typed. */
export function typedChoices(run: Run, rule: { readonly kind: string }): Choice[] {
  if (rule.kind !== 'yes-no') return [];
  return [run.choice('$yes', run.engineText('button-yes')), run.choice('$no', run.engineText('button-no'))];
}

/** Reads a typed answer; a shared contact answers a question for a phone number or a name. */
export function receiveTyped(run: Run, input: Input, rule: AnswerRule, form: AskForm): Move {
  if (rule.kind === 'yes-no') {
    const tapped = engineChoice(run, input, ['yes', 'no']);
    if (tapped !== null) {
      run.answer(form.save, tapped === 'yes', run.engineText(`button-${tapped}`));
      return next;
    }
  }
  const typed = typedPart(input, rule);
  if (typed === null) return unexpected;
  const parsed = parseAnswer(rule, typed, {
    now: new Date(run.at),
    language: run.language,
    timeZone: run.context.timeZone,
  });
  if (parsed.ok) {
    run.answer(form.save, parsed.value, parsed.shown);
    return next;
  }
  const skip = form.skippable ? [run.choice('$skip', run.engineText('button-skip'))] : [];
  return retry(run, run.localeText(`answers:${parsed.problem.code}`, parsed.problem.params), {
    ...form,
    choices: [...typedChoices(run, rule), ...skip],
  });
}

function typedPart(input: Input, rule: AnswerRule): string | null {
  if (input.type === 'text') return input.text;
  if (input.type === 'contact' && rule.kind === 'phone') return input.phone;
  if (input.type === 'contact' && rule.kind === 'name') return input.name;
  return null;
}
