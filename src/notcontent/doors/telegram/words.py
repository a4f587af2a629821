"""What the bot says, to admins and in private only. The same for every reason, and nothing about any person."""

from __future__ import annotations

from typing import Final

#: Not yet read by native speakers, but for the English.
WORDS: Final = {
    "en": {
        "start": "Add me to your group as an admin who may delete messages. I write to its admins here, not in the group.",
        "held": "In “{chat}”, a message was taken out and is held for a check. If it is your own picture, or of public "
        "interest, tell us here: {contact} ({id})",
        "joined": "In “{chat}”, the picture of somebody who joined is held for a check. If it is your own, or of public "
        "interest, tell us here: {contact} ({id})",
        "partly": "In “{chat}”, a message could not be fully checked. Please have a look at it yourself.",
        "partly_out": "In “{chat}”, a message could not be fully checked, so it was taken out.",
        "stays": "In “{chat}”, a message is held for a check, but I could not take it out: it can still be seen. Please see "
        "whether I may delete messages there. ({id})",
    },
    "de": {
        "start": "Nimm mich als Admin in deine Gruppe auf, mit dem Recht, Nachrichten zu löschen. Ich schreibe ihren Admins "
        "hier, nie in der Gruppe.",
        "held": "In „{chat}“ wurde eine Nachricht herausgenommen und wird geprüft. Ist es dein eigenes Bild, oder von "
        "öffentlichem Interesse, sag es uns hier: {contact} ({id})",
        "joined": "In „{chat}“ wird das Bild von jemandem geprüft, der beigetreten ist. Ist es dein eigenes, oder von "
        "öffentlichem Interesse, sag es uns hier: {contact} ({id})",
        "partly": "In „{chat}“ konnte eine Nachricht nicht vollständig geprüft werden. Bitte sieh sie dir selbst an.",
        "partly_out": "In „{chat}“ konnte eine Nachricht nicht vollständig geprüft werden und wurde darum herausgenommen.",
        "stays": "In „{chat}“ wird eine Nachricht geprüft, aber ich konnte sie nicht herausnehmen: Sie ist noch zu sehen. "
        "Bitte sieh nach, ob ich dort Nachrichten löschen darf. ({id})",
    },
    "es": {
        "start": "Añádeme a tu grupo como administrador que puede borrar mensajes. Escribo a sus administradores aquí, "
        "nunca en el grupo.",
        "held": "En «{chat}» se ha retirado un mensaje, que está pendiente de revisión. Si la imagen es tuya, o de interés "
        "público, dínoslo aquí: {contact} ({id})",
        "joined": "En «{chat}», la imagen de alguien que ha entrado está pendiente de revisión. Si es tuya, o de interés "
        "público, dínoslo aquí: {contact} ({id})",
        "partly": "En «{chat}», un mensaje no se ha podido revisar por completo. Por favor, míralo tú.",
        "partly_out": "En «{chat}», un mensaje no se ha podido revisar por completo, así que se ha retirado.",
        "stays": "En «{chat}» hay un mensaje pendiente de revisión, pero no he podido retirarlo: todavía se ve. Por favor, "
        "comprueba si puedo borrar mensajes allí. ({id})",
    },
    "fr": {
        "start": "Ajoutez-moi à votre groupe comme admin qui peut supprimer des messages. J’écris à ses admins ici, jamais "
        "dans le groupe.",
        "held": "Dans « {chat} », un message a été retiré et attend une vérification. Si c’est votre propre image, ou si "
        "elle est d’intérêt public, dites-le-nous ici : {contact} ({id})",
        "joined": "Dans « {chat} », l’image d’une personne qui est entrée attend une vérification. Si c’est la vôtre, ou si "
        "elle est d’intérêt public, dites-le-nous ici : {contact} ({id})",
        "partly": "Dans « {chat} », un message n’a pas pu être entièrement vérifié. Merci de le regarder vous-même.",
        "partly_out": "Dans « {chat} », un message n’a pas pu être entièrement vérifié, il a donc été retiré.",
        "stays": "Dans « {chat} », un message attend une vérification, mais je n’ai pas pu le retirer : il se voit encore. "
        "Merci de regarder si je peux y supprimer des messages. ({id})",
    },
}


def say(what: str, language: str | None, **parts: str) -> str:
    """The sentence in this language (`de-AT` is `de`), or in English."""
    return WORDS.get((language or "en").partition("-")[0].lower(), WORDS["en"])[what].format(**parts)
