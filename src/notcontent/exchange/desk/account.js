// The two things at the desk's sign-in that need a script: reading an invitation's code from the link's fragment, which
// no server ever sees, and asking the browser for a security key. Everything goes on as a plain form.

const invitation = document.querySelector("form[data-invitation]");
const takeCode = () => {
  if (!invitation || location.hash.length < 2) return;
  invitation.elements.code.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
  invitation.requestSubmit();
};
takeCode();
addEventListener("hashchange", takeCode);

for (const form of document.querySelectorAll("form[data-options]")) {
  const problem = form.querySelector("[data-problem]");
  if (!globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    try {
      const options = JSON.parse(form.dataset.options);
      const answer = form.dataset.kind === "create"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      form.elements.key.value = JSON.stringify(answer.toJSON());
      form.submit();
    } catch {
      problem.hidden = false;
    }
  });
}
