// Walks through the page in Firefox (WebDriver BiDi) and tells what was seen there; test_firefox.py judges it.
// Arguments: the folder of puppeteer-core, and a JSON job.
import { createRequire } from 'node:module';

const [, , folder, text] = process.argv;
const job = JSON.parse(text);
const puppeteer = createRequire(`${folder}/`)('puppeteer-core');

const browser = await puppeteer.launch({
  browser: 'firefox', executablePath: job.program, headless: true, extraPrefsFirefox: job.settings,
});
const [page] = await browser.pages();
page.setDefaultTimeout(30_000);
const seen = { version: await browser.version(), problems: [] };
page.on('pageerror', (error) => seen.problems.push(String(error)));
page.on('console', (line) => line.type() === 'error' && seen.problems.push(line.text()));

const heading = (words) => page.waitForSelector(`xpath/.//h1[contains(., "${words}")]`);
/** A real click on the button, or the box to tick, that begins with these words or is called so. */
const click = async (condition) => (await page.waitForSelector(`xpath/.//*[${condition}]`, { visible: true })).click();
const press = (words) => click(`self::button and not(@disabled) and starts-with(normalize-space(.), "${words}")`);
const pressExactly = (words) => click(`self::button and normalize-space(.) = "${words}"`);
const tick = (words) => click(`self::label and contains(., "${words}")`);

const parts = {
  /** Something else first, so that there is somewhere to go back to. */
  async open() {
    await page.goto(`${job.url}/page/look.css`);
    await page.goto(job.url);
  },

  /** The first screen in every language; the widths at which it scrolls sideways. */
  async tour() {
    seen.tour = [];
    for (const tag of job.tags) {
      await page.goto(`${job.url}/${tag}`);
      await page.waitForSelector('#main .button-main');
      const wide = [];
      for (const width of job.widths) {
        await page.setViewport({ width, height: 700 });
        if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) wide.push(width);
      }
      const said = await page.evaluate(() => {
        const { lang, dir } = document.documentElement;
        return [lang, dir, document.querySelector('h1').textContent];
      });
      seen.tour.push([...said, wide]);
    }
  },

  async toPictures() {
    await page.waitForSelector('#main .button-main');
    for (const words of ['Begin', 'It is safe, go on', 'It is online now', '18 or older']) await press(words);
    for (const words of job.questions) {
      await heading(words);
      await press('Skip this');
    }
    await heading('Where is it?');
    await page.type('#links', job.link);
    await press('Go on');
    await page.waitForSelector('#files:enabled, #main [data-screen=refused]');
    seen.screen = await page.$eval('#main > div', (screen) => screen.dataset.screen);
  },

  async choose() {
    const input = await page.waitForSelector('#files:enabled');
    await input.uploadFile(...job.pictures);
    await page.waitForSelector(`xpath/.//p[@id="summary" and contains(., "${job.pictures.length} of ")]`);
    await page.waitForSelector('.rows progress', { hidden: true });
  },

  async send() {
    await press('Go on');
    await pressExactly('All');
    await press('Go on');
    await heading('May the helpline write');
    await tick(job.told);
    await press('Yes, but ask me each time');
    await heading('Do you want to tell the helpline something?');
    await page.type('#letter', job.message);
    await press('Go on');
    await page.waitForSelector('#sentence');
    seen.shown = await page.$eval('#every-byte', (bytes) => bytes.textContent);
    await press('Yes, go on');
    await page.waitForSelector('.keep-words');
    seen.words = await page.$$eval('.keep-words li', (items) => items.map((item) => item.textContent));
    await press('I have them');
    await heading('word');
    const number = /word (\d)/.exec(await page.$eval('h1', (title) => title.textContent))[1];
    await page.type('#word', seen.words[number - 1]);
    await press('Send');
    await heading('Your case is open');
  },

  async look() {
    await press('See my case');
    await heading('How is your case?');
    await page.waitForSelector('.site');
    seen.states = await page.$$eval('.site .state', (words) => words.map((word) => word.textContent));
  },

  async withdraw() {
    await press('Take it back');
    await press('Stop matching only');
    await press('Yes, take it back');
    await page.waitForSelector('xpath/.//*[contains(text(), "Your codes are taken back.")]');
  },

  async whatIsLeft() {
    seen.left = await page.evaluate(async () => [
      localStorage.length, sessionStorage.length, document.cookie, (await indexedDB.databases()).length, (await caches.keys()).length,
      (await navigator.serviceWorker.getRegistrations()).length, location.pathname,
    ]);
    seen.cookies = await browser.cookies();
  },

  async whatIsGone() {
    seen.kinds = await page.evaluate((names) => names.map((name) => typeof globalThis[name]), job.names);
    seen.beacon = await page.evaluate(() => typeof navigator.sendBeacon);
    seen.markup = await page.evaluate(() => {
      try {
        document.body.insertAdjacentHTML('beforeend', '<b></b>');
        return 'did it';
      } catch {
        return 'refused';
      }
    });
  },

  async waysOut() {
    const [tried, blocked] = await page.evaluate(`(${job.channels})(${JSON.stringify(job.canary)})`);
    Object.assign(seen, { tried, blocked });
  },

  /** Where leaving leads is played here: nothing is asked of anybody. */
  async leave() {
    await page.setRequestInterception(true);
    page.on('request', (request) => (request.url().startsWith(job.url) ? request.continue()
      : request.respond({ status: 200, contentType: 'text/html', body: 'elsewhere' })));
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.waitForSelector('xpath/.//*[text() = "elsewhere"]');
    seen.elsewhere = page.url();
    await page.goBack();
    seen.back = page.url();
  },
};

try {
  for (const part of job.parts) {
    seen.at = part;
    await parts[part]();
  }
} catch (error) {
  seen.failed = `${seen.at}: ${error.stack}`;
  seen.screen_text = await page.evaluate(() => document.body.innerText).catch(String);
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
