import { describe, expect, it } from 'vitest';
import { toId } from '../../src/domain/ids.ts';
import { step, type EngineContext, type EngineEvent } from '../../src/flow/engine.ts';
import { createSimulation } from '../../src/flow/simulation.ts';
import { play } from './support/golden.ts';
import { bindings, resources, toFlow, toProgram } from './support/program.ts';
import { toIntentPhrases } from '../../src/flow/intents.ts';

const text = (ar: string, en: string) => ({ ar, en });
const ask = (id: string, next: string, answer: object = { kind: 'text' }) => ({
  id,
  type: 'ask',
  text: text(`${id}؟`, `${id}?`),
  answer,
  save: id,
  exits: { next },
});
const end = { id: 'end', type: 'end' };

const form = toFlow({
  id: 'form',
  start: 'name',
  nodes: [
    ask('name', 'people'),
    ask('people', 'photos', { kind: 'number', min: 1, max: 40 }),
    ask('photos', 'place', { kind: 'media', max: 2 }),
    ask('place', 'sure'),
    {
      id: 'sure',
      type: 'choose',
      text: text('{{name}}، {{people}}. صحيح؟', '{{name}}, {{people}}. Right?'),
      choices: [
        { id: 'yes', label: text('صحيح', 'Right') },
        { id: 'no', label: text('خطأ', 'Wrong') },
      ],
      exits: { yes: 'end', no: 'name' },
    },
    end,
  ],
});
const outer = toFlow({
  id: 'outer',
  start: 'first',
  nodes: [
    ask('first', 'sub'),
    { id: 'sub', type: 'flow', flow: 'inner', exits: { next: 'last' } },
    ask('last', 'end'),
    end,
  ],
});
const inner = toFlow({ id: 'inner', start: 'one', nodes: [ask('one', 'two'), ask('two', 'end'), end] });
const program = toProgram([form, outer, inner]);
const context: EngineContext = { isOpen: true, opensAt: null, queueLength: 0, timeZone: 'Asia/Riyadh' };

describe('when a button of an old message is tapped', () => {
  it('says so and asks the present question again', () => {
    play(program, {
      title: 'old button',
      flow: 'form',
      language: 'ar',
      turns: [
        {},
        { say: 'سارة' },
        { say: '3' },
        { send: 'photo' },
        { tap: 'done' },
        { say: 'ينبع', expect: [{ choices: ['صحيح', 'خطأ'] }] },
        { tap: 'no', expect: ['name؟'] },
        { say: 'منى', expect: ['people؟'] },
        { say: '4' },
        { send: 'photo', expect: [{ choices: ['تم'] }] },
        { tap: 'yes', old: true, expect: [{ contains: 'سؤال سابق' }, { text: 'photos؟', choices: ['تم'] }] },
      ],
    });
  });

  it('welcomes the person back when that conversation is over', () => {
    const { effects } = step(program, null, {
      at: 1,
      language: 'en',
      context,
      type: 'message',
      content: { type: 'choice', choiceId: 'old.4.yes' },
    });
    expect(
      effects.flatMap((effect) =>
        effect.type === 'send' && effect.content.type === 'text' ? [effect.content.text] : [],
      ),
    ).toEqual([
      'That button is from an earlier conversation that has ended. Welcome back.',
      'Welcome. How can I help?',
    ]);
  });
});

describe('when something else comes where text was asked', () => {
  it.each([
    ['voice', 'الرسائل الصوتية'],
    ['sticker', 'الملصق'],
    ['photo', 'وصلني الملف'],
    [{ latitude: 1, longitude: 2 }, 'وصلني الموقع'],
    [{ contactName: 'أحمد', phone: '0501234567' }, 'جهة الاتصال'],
    [{ unsupported: 'poll' }, 'هذا النوع من الرسائل'],
  ])('answers %j kindly and asks again', (send, part) => {
    play(program, {
      title: 'unexpected',
      flow: 'form',
      language: 'ar',
      turns: [{}, { send, expect: [{ contains: part }, 'name؟'] }],
    });
  });

  it('offers an officer at the third time', () => {
    play(program, {
      title: 'third',
      flow: 'form',
      language: 'en',
      turns: [
        {},
        { send: 'voice' },
        { send: 'voice' },
        { send: 'voice', expect: [{ contains: 'voice' }, { choices: ['Try again', 'Talk to an officer'] }] },
        { say: 'talk to an officer', effects: [{ type: 'hand-over', reason: 'asked' }], ended: true },
      ],
    });
  });

  it('answers the pictures of an album once', () => {
    const album = { photo: true, albumId: 'a' };
    play(program, {
      title: 'album',
      flow: 'form',
      language: 'ar',
      turns: [
        {},
        { send: album, expect: [{ contains: 'لا أحتاجه' }, 'name؟'] },
        { send: album, expect: [] },
        { send: album, expect: [] },
      ],
    });
  });

  it('takes of an album what it needs and tells once that it left the rest', () => {
    const album = { photo: true, albumId: 'a' };
    play(program, {
      title: 'album',
      flow: 'form',
      language: 'ar',
      turns: [
        {},
        { say: 'سارة' },
        { say: '3' },
        { send: album, expect: [{ contains: 'وصلني الملف' }] },
        { send: album, expect: ['place؟'], variables: { photos: ['file-1', 'file-2'] } },
        { send: album, expect: [{ contains: 'تركت الباقي' }] },
        { send: album, expect: [] },
      ],
    });
  });
});

describe('when an earlier message is edited', () => {
  it('takes the new answer to the question answered last, and goes on from there', () => {
    play(program, {
      title: 'edit',
      flow: 'form',
      language: 'ar',
      turns: [
        {},
        { say: 'سارة' },
        { say: '3', expect: ['photos؟'] },
        { edit: '٤', expect: [{ contains: 'بتعديلك' }, 'photos؟'], variables: { people: 4 } },
      ],
    });
  });

  it('keeps the old answer when the new text is none', () => {
    play(program, {
      title: 'edit',
      flow: 'form',
      language: 'ar',
      turns: [
        {},
        { say: 'سارة' },
        { say: '3' },
        { edit: 'كثير', expect: [{ contains: 'سُجّل كما كان' }], variables: { people: 3 } },
      ],
    });
  });

  it('tells kindly that an older answer stands', () => {
    play(program, {
      title: 'edit',
      flow: 'form',
      language: 'en',
      turns: [
        {},
        { say: 'Sara' },
        { say: '3' },
        { edit: 'Mona', of: 2, expect: [{ contains: 'already recorded' }], variables: { name: 'Sara' } },
      ],
    });
  });

  it('takes the edit of an answer that was refused as the answer', () => {
    play(program, {
      title: 'edit',
      flow: 'form',
      language: 'en',
      turns: [{}, { say: 'Sara' }, { say: 'many' }, { edit: '3', expect: ['photos?'] }],
    });
  });

  it('keeps silent about nothing: without a session it says that the old one stands', () => {
    const { state, effects } = step(program, null, {
      at: 1,
      language: 'en',
      context,
      type: 'message',
      content: { type: 'text', text: 'x' },
      edited: true,
    });
    expect({ state, count: effects.length }).toEqual({ state: null, count: 1 });
  });
});

describe('when nobody answers for a week', () => {
  it('ends the session quietly, and not before', () => {
    const simulation = createSimulation(program, { language: 'ar' });
    simulation.act({ start: { flow: 'form' } });
    simulation.pass(6 * 86_400_000);
    simulation.act({ say: 'سارة' });
    const { sent } = simulation.pass(6 * 86_400_000);
    expect(sent).toEqual([]);
    expect(simulation.state).not.toBeNull();
    expect(simulation.pass(86_400_000 + 1000).sent).toEqual([]);
    expect(simulation.state).toBeNull();
  });

  it('says what the flow wants said, after the time the flow sets', () => {
    const short = toFlow({
      id: 'short',
      start: 'name',
      silence: { afterMs: 60_000, text: text('أغلقنا.', 'Closed.') },
      nodes: [ask('name', 'end'), end],
    });
    play(toProgram([short]), {
      title: 'silence',
      flow: 'short',
      language: 'en',
      turns: [
        { effects: [{ type: 'set-timer', name: 'silence', afterMs: 60000 }] },
        { timer: 'silence', expect: ['Closed.'], ended: true },
      ],
    });
  });
});

describe('when messages come quickly', () => {
  it('keeps those that come while a result is awaited, in order', () => {
    const caseFlow = toFlow({
      id: 'quick',
      start: 'open',
      nodes: [
        { id: 'open', type: 'case', kind: 'callback', answers: [], save: 'reference', exits: { next: 'name' } },
        ask('name', 'city'),
        ask('city', 'end'),
        { id: 'end', type: 'end', text: text('{{name}} {{city}}', '{{name}} {{city}}') },
      ],
    });
    const quick = toProgram([caseFlow]);
    const simulation = createSimulation(quick, { language: 'en' });
    simulation.act({ start: { flow: 'quick' } });
    expect(simulation.act({ say: 'Sara' }).sent).toEqual([]);
    expect(simulation.act({ say: 'Yanbu' }).sent).toEqual([]);
    const { sent } = simulation.act({ result: { reference: 'W-1' } });
    expect(
      sent.map((content) => (content.type === 'text' ? content.text.replace(/[\u2066-\u2069]/g, '') : '')),
    ).toEqual(['name?', 'city?', 'Sara Yanbu']);
    expect(simulation.state).toBeNull();
  });

  it('gives up on a result that never comes', () => {
    const caseFlow = toFlow({
      id: 'stuck',
      start: 'open',
      nodes: [
        { id: 'open', type: 'case', kind: 'callback', answers: [], save: 'reference', exits: { next: 'end' } },
        end,
      ],
    });
    const simulation = createSimulation(toProgram([caseFlow]), { language: 'en' });
    simulation.act({ start: { flow: 'stuck' } });
    simulation.pass(61_000);
    const { effects } = simulation.act({ say: 'hello?' });
    expect(effects).toContainEqual({ type: 'record-failure', code: 'result-missing', flowId: 'stuck', nodeId: 'open' });
  });
});

describe('global intents', () => {
  it('start their flow at once where there is no session', () => {
    play(program, {
      title: 'urgent first',
      language: 'ar',
      turns: [{ say: 'موظف', effects: [{ type: 'hand-over', reason: 'asked' }], ended: true }],
    });
  });

  it('come back to the question they interrupted', () => {
    play(program, {
      title: 'resume',
      flow: 'form',
      language: 'ar',
      turns: [
        {},
        { say: 'سارة', expect: ['people؟'] },
        { say: 'حالة طلبي', expect: ['لا جديد.', 'people؟'] },
        { say: '3', expect: ['photos؟'] },
      ],
    });
  });

  it('take no text that says more', () => {
    play(program, {
      title: 'free text',
      flow: 'form',
      language: 'ar',
      turns: [{}, { say: 'القائمة التي عندي طويلة', expect: ['people؟'] }],
    });
  });

  it('cancel drops all and shows the menu', () => {
    play(program, {
      title: 'cancel',
      flow: 'form',
      language: 'en',
      turns: [
        {},
        { say: 'Sara' },
        { say: 'cancel', expect: [{ contains: 'nothing was sent' }, { text: 'Welcome. How can I help?' }] },
      ],
    });
  });

  it('back asks the question before, also out of a sub-flow, and never before the first', () => {
    play(program, {
      title: 'back',
      flow: 'outer',
      language: 'en',
      turns: [
        {},
        { say: 'a', expect: ['one?'] },
        { say: 'b', expect: ['two?'] },
        { say: 'back', expect: ['one?'] },
        { say: 'back', expect: ['first?'] },
        { say: 'back', expect: [{ contains: 'first question' }, 'first?'] },
        { say: 'a' },
        { say: 'b' },
        { say: 'c', expect: ['last?'] },
        { say: 'back', expect: ['first?'] },
      ],
    });
  });

  it('do not pile up when one interrupts itself', () => {
    const nested = toFlow({
      id: 'nested',
      start: 'q',
      nodes: [ask('q', 'end'), end],
    });
    const again = toProgram([form, nested], {
      intents: {
        bindings: { ...bindings, status: { flow: 'nested', then: 'resume' } },
        phrases: toIntentPhrases(resources),
      },
    });
    play(again, {
      title: 'nested',
      flow: 'form',
      language: 'en',
      turns: [
        {},
        ...Array.from({ length: 12 }, () => ({ say: 'status', expect: ['q?'] })),
        { say: 'ok', expect: ['name?'] },
        { say: 'Sara', expect: ['people?'] },
      ],
    });
  });
});

describe('limits', () => {
  it('stop a loop, say little of what it said, and offer an officer', () => {
    const loop = toFlow({
      id: 'loop',
      start: 'a',
      nodes: [
        { id: 'a', type: 'say', text: text('أ', 'a'), exits: { next: 'b' } },
        { id: 'b', type: 'say', text: text('ب', 'b'), exits: { next: 'a' } },
      ],
    });
    play(toProgram([loop]), {
      title: 'loop',
      flow: 'loop',
      language: 'en',
      turns: [
        {
          expect: ['a', 'b', 'a', { contains: 'Sorry', choices: ['Talk to an officer', 'Main menu'] }],
          effects: [{ type: 'record-failure', code: 'too-many-nodes', flowId: 'loop' }],
        },
        { say: 'hello again', expect: [{ text: 'Welcome. How can I help?' }] },
      ],
    });
  });

  it('stop a loop of timers that never hears from the person', () => {
    const ticking = toFlow({
      id: 'ticking',
      start: 'w',
      nodes: [{ id: 'w', type: 'wait', afterMs: 60_000, exits: { next: 'w', reply: 'end' } }, end],
    });
    const simulation = createSimulation(toProgram([ticking]), { language: 'en' });
    simulation.act({ start: { flow: 'ticking' } });
    const { effects, sent } = simulation.pass(60 * 60_000);
    expect(effects.filter(({ type }) => type === 'record-failure')).toEqual([
      { type: 'record-failure', code: 'too-many-turns-without-input', flowId: 'ticking', nodeId: 'w' },
    ]);
    expect(sent).toHaveLength(1);
  });

  it('drop variables that grow too large', () => {
    const growing = toFlow({
      id: 'growing',
      start: 'a',
      parameters: { heap: { default: 'x'.repeat(300) } },
      nodes: [{ id: 'a', type: 'set', values: { heap: 'heap + heap' }, exits: { next: 'b' } }, ask('b', 'a'), end],
    });
    const simulation = createSimulation(toProgram([growing]), { language: 'en' });
    simulation.act({ start: { flow: 'growing' } });
    const effects = Array.from({ length: 10 }, () => simulation.act({ say: 'more' }).effects).flat();
    expect(effects).toContainEqual({
      type: 'record-failure',
      code: 'variables-too-large',
      flowId: 'growing',
      nodeId: 'b',
    });
  });

  it('read the first 4,000 characters of a text, and say so', () => {
    play(program, {
      title: 'long',
      flow: 'form',
      language: 'en',
      turns: [
        {},
        {
          say: 'x'.repeat(100_000),
          expect: [{ contains: 'first part' }, { contains: '2' }],
          effects: [{ type: 'record-failure', code: 'text-too-long' }],
        },
      ],
    });
  });

  it('meet a pinned version that is gone with an apology', () => {
    const simulation = createSimulation(program, { language: 'en' });
    simulation.act({ start: { flow: 'form' } });
    const { state, effects } = step(toProgram([]), simulation.state, {
      at: simulation.at,
      language: 'en',
      context,
      type: 'message',
      content: { type: 'text', text: 'Sara' },
    });
    expect(effects[0]).toEqual({ type: 'record-failure', code: 'flow-missing', flowId: 'form', nodeId: 'name' });
    expect(state).not.toBeNull();
  });
});

describe('a session', () => {
  it('stays on the version of the flow it began with', () => {
    const first = toFlow({
      id: 'v',
      version: 1,
      start: 'a',
      nodes: [ask('a', 'e'), { id: 'e', type: 'end', text: text('قديم', 'old') }],
    });
    const second = toFlow({
      id: 'v',
      version: 2,
      start: 'a',
      nodes: [ask('a', 'e'), { id: 'e', type: 'end', text: text('جديد', 'new') }],
    });
    const before = createSimulation(toProgram([first]), { language: 'en' });
    before.act({ start: { flow: 'v' } });
    const event: EngineEvent = {
      at: before.at,
      language: 'en',
      context,
      type: 'message',
      content: { type: 'text', text: 'x' },
    };
    const both = toProgram([second, first]);
    const texts = step(both, before.state, event).effects.map((effect) =>
      effect.type === 'send' && effect.content.type === 'text' ? effect.content.text : '',
    );
    expect(texts).toEqual(['old']);
    play(both, { title: 'new', flow: 'v', language: 'en', turns: [{}, { say: 'x', expect: ['new'] }] });
  });

  it('begins with the entry flow, which is given the first message', () => {
    const entry = toFlow({
      id: 'entry',
      start: 'e',
      parameters: { firstMessage: { default: '' } },
      nodes: [{ id: 'e', type: 'end', text: text('قلت {{firstMessage}}', 'You said {{firstMessage}}') }],
    });
    play(toProgram([entry], { entryFlowId: 'entry' }), {
      title: 'entry',
      language: 'en',
      turns: [{ say: 'Hello there', expect: ['You said Hello there'], ended: true }],
    });
  });

  it('is interrupted by a flow that the runtime asks for, and goes on after it', () => {
    play(program, {
      title: 'start',
      flow: 'form',
      language: 'en',
      turns: [{}, { start: { flow: 'inner' }, expect: ['one?'] }, { say: 'a' }, { say: 'b', expect: ['name?'] }],
    });
  });

  it('asks again for a file that was lost', () => {
    play(program, {
      title: 'lost',
      flow: 'form',
      language: 'en',
      turns: [
        {},
        { say: 'Sara' },
        { say: '3' },
        { send: 'photo' },
        { mediaLost: 1, expect: [{ contains: 'send it once more' }] },
        { say: 'done', expect: [{ contains: 'One more file' }] },
      ],
    });
  });

  describe('when a file is refused', () => {
    const refusal = (reason: 'type' | 'too-large', maxMegabytes: number) =>
      ({ reason, limits: { kinds: ['photo', 'pdf', 'sound'], maxMegabytes } }) as const;
    const answer = (language: string, reason: 'type' | 'too-large', maxMegabytes: number) => {
      const simulation = createSimulation(program, { language });
      const photo = { type: 'media', media: { kind: 'photo', fileId: 'x' } } as const;
      for (const action of [{ start: { flow: 'form' } }, { say: 'Sara' }, { say: '3' }, { send: photo }])
        simulation.act(action);
      const { sent } = simulation.act({ mediaLost: 1, refusal: refusal(reason, maxMegabytes) });
      return sent.map((content) => (content.type === 'text' ? content.text : content.type));
    };

    it.each([
      [
        'en',
        'type',
        20,
        'Here we accept \u2068photos\u2069 and \u2068PDF files\u2069, each file up to \u206620 MB\u2069.',
      ],
      ['en', 'too-large', 5, 'Please send a smaller one.'],
      [
        'ar',
        'type',
        20,
        'نستقبل هنا \u2068الصور\u2069 و\u2068ملفات PDF\u2069، وحجم الملف \u206820 ميجابايت\u2069 أو أقل.',
      ],
      ['ar', 'too-large', 1, 'وحجم الملف \u2068ميجابايت واحد\u2069 أو أقل. أرسل من فضلك ملفاً أصغر.'],
      ['ar', 'too-large', 2, '\u20682 ميجابايت\u2069'],
      ['ar', 'too-large', 100, '\u2068100 ميجابايت\u2069'],
    ] as const)(
      'says in %s why (%s of %i MB) and what the question takes of what is kept',
      (language, reason, size, said) => {
        const texts = answer(language, reason, size);
        expect(texts).toHaveLength(1);
        expect(texts[0]).toContain(said);
      },
    );

    it('says it later too, with all that is kept, and repeats its question', () => {
      play(program, {
        title: 'refused late',
        flow: 'form',
        language: 'en',
        turns: [
          {},
          { say: 'Sara' },
          { say: '3' },
          { send: 'photo' },
          { send: 'photo' },
          {
            mediaLost: 2,
            refusal: { reason: 'too-large', limits: { kinds: ['photo', 'pdf', 'sound'], maxMegabytes: 20 } },
            expect: [
              { contains: ['a while ago', 'photos, PDF files, and sound recordings', 'up to 20 MB', '“officer”'] },
              'place?',
            ],
            variables: { photos: ['file-1'] },
          },
        ],
      });
    });
  });

  it('forgets a lost file that was taken already, and tells the person', () => {
    play(program, {
      title: 'lost late',
      flow: 'form',
      language: 'en',
      turns: [
        {},
        { say: 'Sara' },
        { say: '3' },
        { send: 'photo' },
        { send: 'photo' },
        { mediaLost: 2, expect: [{ contains: 'a while ago' }, 'place?'], variables: { photos: ['file-1'] } },
      ],
    });
  });

  it('apologises for an event that was set aside, and keeps its question', () => {
    play(program, {
      title: 'parked',
      flow: 'form',
      language: 'ar',
      turns: [
        {},
        {
          fail: true,
          expect: [{ contains: 'عذراً', choices: ['نعيد المحاولة', 'التحدث مع موظف', 'القائمة الرئيسية'] }],
          effects: [{ type: 'record-failure', code: 'event-parked' }],
        },
        { say: 'سارة', expect: ['people؟'] },
        { fail: true },
        { tap: 'again', expect: ['people؟'] },
        { fail: true },
        { tap: 'human', effects: [{ type: 'hand-over', reason: 'failed', urgency: 'normal' }], ended: true },
      ],
    });
  });

  it('does not care for results and timers that are nobody’s', () => {
    for (const event of [
      { type: 'timer', name: 'silence' },
      { type: 'timer', name: 'wait:x.1' },
      { type: 'result', key: 'x.1', result: null },
    ] as const)
      expect(step(program, null, { at: 1, language: 'ar', context, ...event })).toEqual({ state: null, effects: [] });
  });

  it('does not change the state it is given', () => {
    const simulation = createSimulation(program, { language: 'en' });
    simulation.act({ start: { flow: 'form' } });
    const before = JSON.stringify(simulation.state);
    step(program, simulation.state, {
      at: 5,
      language: 'en',
      context,
      type: 'message',
      content: { type: 'text', text: 'Sara' },
    });
    step(program, simulation.state, { at: 5, language: 'en', context, type: 'media-lost', attachmentId: toId('x') });
    expect(JSON.stringify(simulation.state)).toBe(before);
  });
});
