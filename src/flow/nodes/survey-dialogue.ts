import { parseAnswer } from '../../answers/answers.ts';
import type { Choice } from '../../domain/message.ts';
import { resolveChoice } from '../../faq/resolve-choice.ts';
import { leave, next, stay, unexpected, type Compiler, type Input, type Move, type NodeStep } from '../node-kind.ts';
import { engineChoice } from '../retry.ts';
import type { Run } from '../run.ts';
import type { SurveyNode } from './survey.ts';

type Scale = SurveyNode['questions'][number]['scale'];

/** What was answered so far; kept in the wait. The question after the last one is the remark. */
interface Progress {
  readonly scores: Readonly<Record<string, number>>;
  readonly index: number;
}

const ranges: Readonly<Record<Scale, { readonly min: number; readonly max: number }>> = {
  csat: { min: 1, max: 5 },
  nps: { min: 0, max: 10 },
  ces: { min: 1, max: 7 },
};

/** Asks one question after the other within one wait. */
export function createSurveyStep(node: SurveyNode, compiler: Compiler): NodeStep {
  const questions = node.questions.map(({ id, text, scale }) => ({ id, scale, text: compiler.text(text) }));
  const comment = node.comment === undefined ? null : compiler.text(node.comment);
  const about = node.about === undefined ? null : compiler.expression(node.about);

  const prompt = (run: Run): void => {
    const question = questions[progressOf(run).index];
    if (question !== undefined) run.say(question.text.question(run), scoreChoices(run, question.scale));
    else if (comment !== null) run.say(comment.question(run), [skipChoice(run)]);
  };
  const finish = (run: Run, remark: string | null): Move => {
    const { scores } = progressOf(run);
    const subject = about === null ? null : run.evaluate(about);
    if (Object.keys(scores).length > 0 || remark !== null)
      run.emit({
        type: 'record-survey',
        survey: node.survey,
        scores,
        ...(remark === null ? {} : { comment: remark }),
        ...(subject === null ? {} : { about: typeof subject === 'object' ? JSON.stringify(subject) : String(subject) }),
      });
    return next;
  };
  const goOn = (run: Run, progress: Progress): Move => {
    run.note({ scores: progress.scores, index: progress.index });
    run.forgiveTries();
    if (progress.index >= questions.length && comment === null) return finish(run, null);
    prompt(run);
    return stay;
  };

  return {
    enter: (run) => {
      run.open('person');
      prompt(run);
      return stay;
    },
    repeat: prompt,
    receive: (run, input) => {
      const { scores, index } = progressOf(run);
      const question = questions[index];
      const skipped = engineChoice(run, input, ['skip']) === 'skip';
      if (question === undefined)
        return skipped
          ? finish(run, null)
          : input.type === 'text'
            ? finish(run, input.text.slice(0, 1000))
            : unexpected;
      if (skipped) return goOn(run, { scores, index: index + 1 });
      const score = readScore(run, input, question.scale);
      if (score !== null) return goOn(run, { scores: { ...scores, [question.id]: score }, index: index + 1 });
      if (input.type !== 'text') return unexpected;
      if (run.hasExit('other')) {
        finish(run, null);
        if (node.saveText !== undefined) run.set(node.saveText, input.text);
        return leave('other');
      }
      if (run.countTry() >= 3) return goOn(run, { scores, index: index + 1 });
      run.say(run.engineText(`survey-expected-${question.scale}`), [
        ...scoreChoices(run, question.scale),
        skipChoice(run),
      ]);
      return stay;
    },
  };
}

function progressOf(run: Run): Progress {
  return (run.wait.data as unknown as Progress | undefined) ?? { scores: {}, index: 0 }; // Written by `goOn` only.
}

function skipChoice(run: Run): Choice {
  return run.choice('$skip', run.engineText('button-skip'));
}

// In rising order, so that a numbered list's number is the score. Eleven buttons are more than lists carry: nps is typed.
function scoreChoices(run: Run, scale: Scale): Choice[] {
  if (scale === 'nps') return [];
  const { min, max } = ranges[scale];
  return Array.from({ length: max - min + 1 }, (_, offset) => {
    const score = String(min + offset);
    return run.choice(score, run.engineText(`${scale}-${score}`));
  });
}

function readScore(run: Run, input: Input, scale: Scale): number | null {
  const { min, max } = ranges[scale];
  if (input.type === 'choice') {
    const score = /^\d{1,2}$/.test(input.key) ? Number(input.key) : Number.NaN;
    return score >= min && score <= max ? score : null;
  }
  if (input.type !== 'text') return null;
  const typed = parseAnswer({ kind: 'number', min, max, integer: true }, input.text, {
    now: new Date(run.at),
    language: run.language,
  });
  if (typed.ok && typeof typed.value === 'number') return typed.value;
  if (scale === 'nps') return null;
  const index = resolveChoice(
    input.text,
    scoreChoices(run, scale).map(({ label }) => label),
  );
  return index === null ? null : min + index;
}
