// A photo of a screen. It is black from the beginning; a helper opens windows for texts, and only that picture, written anew by a
// canvas, is sealed and sent. The photo itself never leaves this page, which forgets it when it is left.
import { element, say, show, submit } from './page.js';
import { fieldsOf, hashOf, sealRecord } from './record.js';
import { checkBlack, clamp, fits, rectangleOf, WINDOWS } from './windows.js';

const MAX_FILE_BYTES = 64 << 20;
const MAX_PIXELS = 4_000_000;
const COARSE = 24;
const questions = document.getElementById('questions');
const form = document.querySelector('form[data-record]');
const chooser = document.getElementById('photo');
const stage = document.getElementById('stage');
const seen = document.getElementById('seen');
const kept = document.getElementById('kept');
const clear = document.getElementById('clear');
const list = document.getElementById('windows');
const send = document.getElementById('seal');

/** {bitmap, facts} of the chosen photo. */
let photo = null;
/** [{x, y, w, h, what}], whole pixels of the bitmap. */
let open = [];

questions.addEventListener('change', () => {
  const answers = new FormData(questions);
  for (const name of ['minor', 'china']) document.getElementById(`${name}-hint`).hidden = answers.get(name) !== 'yes';
  const may = answers.get('minor') === 'no' && answers.get('china') === 'no';
  chooser.disabled = !may;
  if (!may) forget();
});

chooser.addEventListener('change', async () => {
  const [file] = chooser.files;
  if (!file) return;
  forget();
  try {
    if (file.size > MAX_FILE_BYTES) throw new RangeError();
    const bytes = await file.arrayBuffer();
    const whole = await createImageBitmap(file, { imageOrientation: 'from-image' });
    const less = Math.min(1, Math.sqrt(MAX_PIXELS / (whole.width * whole.height)));
    const [width, height] = [whole.width, whole.height].map((side) => Math.max(1, Math.floor(side * less)));
    const bitmap = await createImageBitmap(whole, { resizeWidth: width, resizeHeight: height, resizeQuality: 'high' });
    photo = {
      bitmap,
      facts: [
        ['original_sha256', await hashOf(bytes)], ['original_bytes', String(file.size)], ['original_type', file.type],
        ['original_pixels', `${whole.width} x ${whole.height}`], ['kept_pixels', `${width} x ${height}`],
      ].filter(([, text]) => text),
    };
    whole.close();
    for (const canvas of [seen, kept]) [canvas.width, canvas.height] = [width, height];
    form.hidden = false;
    show('opened');
    draw();
  } catch {
    show('not_opened');
  }
  chooser.value = '';
});

/** Lets go of the photo and of all that was drawn of it. */
function forget() {
  photo?.bitmap.close();
  photo = null;
  open = [];
  for (const canvas of [seen, kept]) canvas.width = canvas.height = 1;
  form.hidden = true;
}
addEventListener('pagehide', forget);

function draw() {
  const { bitmap } = photo;
  const ink = seen.getContext('2d');
  if (clear.checked) {
    ink.drawImage(bitmap, 0, 0);
  } else {
    const coarse = new OffscreenCanvas(COARSE, Math.max(1, Math.round(COARSE * bitmap.height / bitmap.width)));
    coarse.getContext('2d').drawImage(bitmap, 0, 0, coarse.width, coarse.height);
    ink.drawImage(coarse, 0, 0, bitmap.width, bitmap.height);
  }
  ink.fillStyle = 'rgb(0 0 0 / 55%)';
  ink.fillRect(0, 0, bitmap.width, bitmap.height);
  paint(ink);
  const black = kept.getContext('2d');
  black.fillStyle = '#000';
  black.fillRect(0, 0, bitmap.width, bitmap.height);
  paint(black);
  stage.querySelectorAll('.window').forEach((handle, at) => place(handle, open[at]));
  send.disabled = open.length === 0;
}

function paint(ink) {
  for (const { x, y, w, h } of open) ink.drawImage(photo.bitmap, x, y, w, h, x, y, w, h);
}

function place(handle, { x, y, w, h }) {
  const { width, height } = photo.bitmap;
  const sides = { left: x / width, top: y / height, width: w / width, height: h / height };
  for (const [side, part] of Object.entries(sides)) handle.style[side] = `${100 * part}%`;
}

/** A window is added: a handle over the picture, and a row that says what is written there. */
function add(rectangle) {
  if (open.length >= WINDOWS || !fits([...open, rectangle], photo.bitmap)) return show('too_much');
  const hole = { ...rectangle, what: 'other' };
  open.push(hole);
  const handle = element('button');
  handle.type = 'button';
  handle.className = 'window';
  handle.addEventListener('keydown', (event) => steer(event, hole));
  stage.append(handle);
  const what = document.getElementById('what').content.cloneNode(true).querySelector('select');
  const remove = element('button', say('close_window'));
  remove.type = 'button';
  remove.className = 'button-quiet';
  const number = element('span');
  const row = element('li', '', number, what, remove);
  list.append(row);
  hole.name = () => {
    hole.what = what.value;
    const at = open.indexOf(hole) + 1;
    number.textContent = at;
    handle.replaceChildren(element('span', String(at)));
    what.setAttribute('aria-label', say('window', at));
    handle.setAttribute('aria-label', `${say('window', at)}: ${what.selectedOptions[0].textContent}`);
  };
  what.addEventListener('change', hole.name);
  hole.close = () => {
    open = open.filter((each) => each !== hole);
    handle.remove();
    row.remove();
    for (const each of open) each.name();
    draw();
    document.getElementById('add').focus();
  };
  remove.addEventListener('click', hole.close);
  hole.name();
  draw();
  return handle;
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Arrows move a window, with Shift they change its size, Delete closes it. */
function steer(event, hole) {
  if (event.key === 'Delete' || event.key === 'Backspace') hole.close();
  else if (event.key in STEPS) change(hole, STEPS[event.key], event.shiftKey);
  else return;
  event.preventDefault();
}

function change(hole, [dx, dy], isSize) {
  const { width, height } = photo.bitmap;
  const step = Math.max(1, Math.round(Math.max(width, height) / 100));
  const asked = { ...hole };
  asked[isSize ? 'w' : 'x'] += dx * step;
  asked[isSize ? 'h' : 'y'] += dy * step;
  const next = clamp(asked, photo.bitmap);
  if (!fits(open.map((each) => (each === hole ? next : each)), photo.bitmap)) return show('too_much');
  Object.assign(hole, next);
  draw();
}

document.getElementById('add').addEventListener('click', () => {
  const { width, height } = photo.bitmap;
  const middle = { x: width / 4, y: height / 2, w: width / 2, h: height / 12 };
  add(clamp(middle, photo.bitmap))?.focus();
});

clear.addEventListener('change', draw);

/** Dragging over the picture draws a window; dragging a window moves it. */
stage.addEventListener('pointerdown', (start) => {
  if (!photo || !start.isPrimary || start.button !== 0) return;
  const at = [...stage.querySelectorAll('.window')].indexOf(start.target.closest('.window'));
  const moved = open[at], from = moved && { ...moved };
  const draft = moved ? null : element('div');
  if (draft) {
    draft.className = 'window draft';
    stage.append(draft);
  }
  stage.setPointerCapture(start.pointerId);
  const box = stage.getBoundingClientRect();
  let last = null;
  const follow = (event) => {
    const drawn = rectangleOf(start, event, box, photo.bitmap);
    if (moved) {
      const next = clamp({ ...from, x: from.x + drawn.dx, y: from.y + drawn.dy }, photo.bitmap);
      Object.assign(moved, next);
      draw();
    } else {
      last = drawn;
      place(draft, drawn);
    }
  };
  const end = () => {
    stage.removeEventListener('pointermove', follow);
    stage.removeEventListener('pointerup', end);
    stage.removeEventListener('pointercancel', end);
    draft?.remove();
    if (last && last.w > 4 && last.h > 4) {
      add(clamp(last, photo.bitmap));
      if (last.wasTaller) show('too_tall');
    }
  };
  stage.addEventListener('pointermove', follow);
  stage.addEventListener('pointerup', end);
  stage.addEventListener('pointercancel', end);
});

send.addEventListener('click', async () => {
  if (!form.reportValidity()) return show('not_right');
  const keys = JSON.parse(form.dataset.to);
  if (keys.length === 0) return show('no_keys');
  send.disabled = true;
  try {
    const blob = await new Promise((resolve) => kept.toBlob(resolve, 'image/png'));
    const png = new Uint8Array(await blob.arrayBuffer());
    // What is sealed is opened again first: some browsers change what a page reads of a canvas.
    if (!await checkBlack(blob, open)) {
      send.disabled = false;
      return show('changed');
    }
    const fields = [
      ...fieldsOf(form), ...photo.facts,
      ...open.map(({ what, x, y, w, h }) => ['window', `${what} ${x} ${y} ${w} ${h}`]),
      ['nobody_shows', 'yes'],
      ['file', `${await hashOf(png)} ${png.length} image/png screen.png`],
    ];
    const { sha256, sealed } = await sealRecord(fields, keys, [png]);
    await submit(form, (data) => {
      for (const name of [...data.keys()]) if (name !== 'csrfmiddlewaretoken') data.delete(name);
      data.set('record', sha256);
      data.set('sealed', new File([sealed], 'record.age'));
    });
    forget();
    location.assign(form.dataset.then);
  } catch {
    show('not_sent');
    send.disabled = false;
  }
});
