// Every sentence of the page in English, so that another language is another file of the same shape.
// Calm, plain, kind. Never blames, never promises that a picture disappears. To her a fingerprint is a "picture code".

const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;
const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' });
const longDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });

/** "United Kingdom" from "GB"; "ZZ" is what practice set-ups use; anything that is no country code stays as it is. */
export const countryName = (code) => {
  if (code === 'ZZ') return 'a made-up country';
  return /^[A-Z]{2}$/.test(code) ? regions.of(code) : code;
};
/** "22 November 2026" from "2026-11-22". */
export const dayName = (day) => longDay.format(new Date(`${day}T00:00:00Z`));

export const say = {
  back: 'Back',
  goOn: 'Go on',
  again: 'Try again',
  step: (now, all) => `Step ${now} of ${all}`,
  oneMoment: 'One moment…',
  run: (name) => `Run by ${name}`,
  sentSoFar: (size) => `Sent from this page so far: ${size}`,
  sentList: 'Everything this page has asked for or sent',
  sentRow: (size) => (size === 0 ? 'asked for, nothing sent' : `sent: ${size}`),
  sentParts: 'part of this page',

  trouble: {
    unreachable: 'We can’t reach the helpline’s computer. Check your connection, then try again. Nothing is lost.',
    busy: (seconds) => `Many people are asking right now. Please try again in ${seconds ? count(seconds, 'second', 'seconds') : 'a moment'}. Nothing is lost.`,
    other: 'Something went wrong on our side. Please try again. Nothing is lost.',
    unsafe: 'This page was opened over a connection that is not encrypted, or the browser is too old to make keys. Please open it with https:// or in another browser.',
    siteGone: 'One of the sites you chose has just changed. Please choose again.',
    entry: (n) => `The helpline’s computer didn’t accept the code of picture ${n}. It may be too plain to recognise. You can leave it out and send the others.`,
    leaveOut: (n) => `Leave out picture ${n}`,
    tooLarge: 'That is more than can be sent at once. Please go back and leave out some pictures.',
  },

  start: {
    heading: 'Is someone sharing a picture of you without your consent?',
    lead: 'It is not your fault. Here you can turn the picture into a short code. Sites that have joined use the code to notice the picture when somebody uploads it.',
    promise: 'The picture stays on this device. You need no account and no name. You can take it back.',
    begin: 'Make picture codes',
    check: 'Check my case',
    joined: 'Sites that have joined',
    noneJoined: 'No site has joined yet. Please come back later, or ask the helpline.',
    cannot: 'What this can’t do',
    cannotList: [
      'Telegram, WeChat and other sites not named here have not joined. They don’t get the codes.',
      'It can’t see into private chats or other people’s phones.',
      'A copy that was cut or changed a lot can be missed.',
      'We can’t promise that a picture goes away. We do tell you what each site did.',
    ],
    how: 'What happens with my picture?',
    howList: [
      'This page reads it on your device and works out a code of 64 letters and numbers, upright and turned.',
      'The picture itself is never sent. You see every byte before it goes.',
      'A code is not a picture. An expert might guess a blurry outline from it, so codes are guarded and never published.',
      'Only the sites you choose get it. When you take it back, they are told to forget it.',
    ],
    unseen: 'Does someone look at your devices?',
    unseenList: [
      '“Leave” hides this page at once and opens another one. It can’t clear your browser’s history.',
      'A private window keeps no history. So does a device of someone you trust.',
      'This page stores nothing on the device: no cookies, no files, no names.',
    ],
  },

  happening: {
    heading: 'What is happening?',
    text: 'Your answer helps the helpline. You can change it later by going back.',
    online: ['It is online now', 'Someone put it on a site or in a group'],
    threatened: ['Someone threatens to share it', 'For money, for more pictures, or to hurt you'],
    worried: ['I am worried it could happen', 'Nothing has happened yet, as far as I know'],
    check: ['I have a case already', 'Look at it, or take it back'],
  },

  threat: {
    heading: 'What helps when someone threatens you?',
    list: [
      'You don’t have to answer them.',
      'Please don’t send money or more pictures. It seldom makes them stop.',
      'If you can, keep the messages, with the account name and the time.',
      'Tell someone you trust. You don’t have to carry this alone.',
    ],
    danger: 'If you are in danger now, call the emergency number where you are.',
    next: 'Next: picture codes',
  },

  age: {
    heading: 'How old is the person in the picture?',
    text: 'On the day the picture was made. If there is more than one person, think of the youngest.',
    adult: '18 or older',
    child: 'Under 18',
    unsure: 'I’m not sure',
    why: 'Why we ask',
    whyText: 'Pictures of anyone under 18 are looked after by another service, with more power to have them removed. We may not make codes of them here, even for the person in the picture.',
  },

  stop: {
    heading: 'There is a service made for this',
    nothing: 'Nothing was made, sent or kept here.',
    what: 'Take It Down helps when someone was under 18 in a picture, even if they are older now. It works from any country, without a name. Type this address:',
    address: 'takeitdown.ncmec.org',
    threatened: 'Is someone threatening you? Don’t pay, and keep the messages. You are not in trouble.',
    restart: 'Back to the start',
  },

  pick: {
    heading: 'Which pictures?',
    text: 'They are read here, on this device. They are not sent, not shown, and their names are not kept.',
    choose: 'Choose pictures',
    more: 'Add more pictures',
    checking: 'Checking that this browser reads pictures truly…',
    title: (n) => `Picture ${n}`,
    reading: (share) => `Reading, ${Math.round(share * 100)} %`,
    waiting: 'Waiting its turn',
    ready: 'Ready',
    plain: 'Too plain to protect well',
    plainMore: 'There is too little in it to tell it from other pictures. It is left out.',
    same: (n) => `The same as picture ${n}`,
    sameMore: 'One code is enough for both.',
    failed: 'Could not be read',
    reasons: {
      heic: 'This browser can’t open this phone format (HEIC). Save it as JPEG on the phone, then choose it again.',
      video: 'This page can’t read videos yet. The helpline can tell you what else is possible.',
      too_large: 'It is too large for a browser (over 50 million pixels). The program “notcontent fingerprint” on a computer can read it.',
      unreadable: 'This file is not a picture this browser can open. Try to save it as JPEG or PNG.',
    },
    remove: 'Remove',
    removeLabel: (n) => `Remove picture ${n}`,
    summary: (ready, all) => `${ready} of ${count(all, 'picture', 'pictures')} ready`,
    none: 'Choose at least one picture that can be coded.',
    busy: 'Please wait until every picture is read.',
    tooMany: (max) => `A case can hold ${max} pictures. The rest was left out.`,
    flight: 'For more certainty',
    flightText: 'You can switch on flight mode before you choose, and switch it off again when this page asks you to go on. Nothing is sent in between.',
    noFile: 'I don’t have the picture',
    noFileText: (name) => `Please don’t look for it or download it for this. ${name} can help you without it.`,
  },

  refused: {
    heading: 'This browser can’t make codes that work',
    text: {
      canvas: 'It changes the pixels of pictures when a page reads them. That is meant to protect you from being tracked, and it is a good thing. But codes made here would match nothing.',
      numbers: 'It counts a little differently from other browsers. Codes made here would match nothing.',
      sample: 'We tried it on a small test picture and got the wrong code. Codes made here would match nothing.',
    },
    nothing: 'No picture of yours was read.',
    ways: 'What you can do',
    list: (name) => [
      'Open this page in another browser, or on another device that you trust.',
      'On a computer, the program “notcontent fingerprint” makes the same codes without a browser.',
      `Ask ${name} to help you.`,
    ],
  },

  sites: {
    heading: 'Which sites should get the codes?',
    text: 'Only the sites you choose. Each gets the codes of the pictures, and nothing about you.',
    all: 'Choose all',
    proves: 'Can prove that it has forgotten',
    provesNot: 'Can’t prove that it has forgotten',
    none: 'Choose at least one site.',
    why: 'What does “prove” mean?',
    whyText: 'When you take a code back, these sites answer with a signed receipt: first that they no longer use it, then that it is erased. From the others we have a promise only.',
  },

  check: {
    heading: 'Is this what you want to send?',
    preparing: 'Making your six words and the message…',
    sentence: (pictures, size) => `${count(pictures, 'picture code', 'picture codes')}, no names, no pictures, ${size}.`,
    to: (helpline) => `It goes to ${helpline}, and from there to:`,
    happening: 'What is happening',
    circumstances: { online: 'It is online now', threatened: 'Someone threatens to share it', worried: 'I am worried it could happen' },
    bytes: 'Show every byte',
    bytesText: '“locator” and the two keys are made from your six words; they open your case, and the words can’t be worked out from them. “orientations” are the code of each picture, upright and turned. “work” is a little arithmetic your device does so that nobody can flood the helpline; it is made anew if you wait for long.',
    bytesLater: 'The part called “work” is filled in when you send.',
    yes: 'Yes, go on',
    add: 'Yes, send them',
  },

  words: {
    heading: 'Can you write down these six words?',
    text: 'They open your case, and nothing else does. We don’t have them and can’t restore them.',
    label: 'Your six words',
    where: 'Paper is a good place. If someone looks through your phone or your things, choose a place they don’t know, or learn the words by heart.',
    done: 'I have them',
    yet: 'Nothing has been sent yet.',
  },

  confirm: {
    heading: (n) => `What is word ${n}?`,
    text: 'This is to be sure that you can come back. Nothing has been sent yet.',
    label: (n) => `Word ${n} of your six`,
    wrong: 'That is not the word we showed. Look at your paper, or look at the words again.',
    empty: 'Please type the word.',
    see: 'See the words again',
    send: 'Send the codes',
  },

  sending: {
    heading: 'Sending',
    work: (share) => `Your device does a little work first, so that nobody can flood the helpline: ${Math.round(share * 100)} % done.`,
    out: 'Now the codes are on their way…',
    safe: 'Trying again is safe: it can’t make a second case.',
    failed: 'Not sent yet',
  },

  done: {
    heading: 'Your case is open',
    text: (helpline) => `The codes are with ${helpline}. The sites you chose pick them up from there. Your case shows when each one has them.`,
    back: 'Come back with your six words whenever you like. You don’t need to keep looking.',
    next: 'What you can do now',
    nextList: (helpline, days) => [
      'If the picture is on a site already, report it there too, if you can bear to. Someone you trust can do it for you.',
      `${helpline} answers people within ${count(days, 'day', 'days')}.`,
    ],
    care: 'That was hard, and you did it. Drink something warm, rest, tell someone you trust. None of this is your fault.',
    see: 'See my case',
    leave: 'Leave this page',
  },

  comeBack: {
    heading: 'What are your six words?',
    text: 'Capitals, spaces and line ends don’t matter. The words stay on this device.',
    label: 'Your six words',
    show: 'Show my case',
    opening: 'Making your keys from the words…',
    empty: 'Please type your six words.',
    notFound: 'We found no case for these words. Please look at each word once more.',
    strange: (places) => (places.length === 1
      ? `Word ${places[0]} is not one of the words we use. Is it spelled as you wrote it down?`
      : `Words ${places.join(', ')} are not among the words we use. Are they spelled as you wrote them down?`),
    counted: (n) => `That is ${count(n, 'word', 'words')}. A case has six.`,
  },

  status: {
    heading: 'How is your case?',
    opened: 'Opened',
    entries: 'Picture codes',
    withdrawn: 'Taken back',
    quiet: 'Nothing has been found so far. That is common. You don’t need to keep looking.',
    delay: 'Finds are shown after a while, and without numbers, so that nobody else can use this page to learn about you.',
    sites: 'The sites you chose',
    states: {
      waiting: ['wait', 'On its way', 'The site has not picked up your codes yet.'],
      listed: ['good', 'In its list', 'The site compares new uploads with your codes.'],
      stopping: ['wait', 'Being taken back', 'The site has been told. We wait for its signed word.'],
      stopped: ['good', 'No longer used', 'The site has signed that it no longer uses your codes.'],
      erased: ['good', 'Erased', 'The site has signed that your codes are gone from its computers.'],
    },
    unknown: ['wait', 'Something new', 'This page doesn’t know this state. Reload it when you can.'],
    hits: {
      none: 'Not seen there so far',
      once: 'Recognised there once',
      'a few times': 'Recognised there a few times',
      'many times': 'Recognised there many times',
    },
    alreadyThere: 'The site found copies from before you came. Its software shows it which ones, so that it can take them down. We can’t promise that it does.',
    since: (day) => `since ${day}`,
    you: 'You opened this case',
    youBack: 'You took the codes back',
    erasedHere: 'Erased at the helpline too',
    goneHere: (day) => `The helpline itself erased your codes on ${day}.`,
    promiseOnly: 'This site can’t prove that it has forgotten. We have its promise only.',
    refresh: 'Look again',
    add: 'Add pictures',
    take: 'Take the codes back',
    leave: 'Leave this page',
    after: 'Your codes are taken back. Each site stops using them and answers with its word; below you see which ones have. If you need this again, you can make a new case.',
  },

  withdraw: {
    heading: 'Do you want to take your codes back?',
    list: [
      'Every site you chose is told at once to stop using them.',
      'Sites that can prove it answer with two signed receipts: no longer used, then erased. Erasing can take a day.',
      'After that, nobody recognises the picture any more if it is uploaded.',
      'It can’t be undone. You can make a new case at any time.',
    ],
    yes: 'Take them back',
    no: 'Keep them',
    going: 'Taking them back…',
  },
};
