"""Sentences about runs that have not left by their campaign's deadline."""

SENTENCES = {
    "SMS campaign {name}: not left in time": "Campagne SMS {name} : pas partie à temps",
    "All of it should have left by {at}.": "Tout devait être parti au plus tard {at}.",
    "Not sent: no task of the run has started.": "Non envoyée : aucune tâche de l'exécution n'a commencé.",
    (
        "Check the run in Airflow: it waits for an earlier run of the campaign, for a free worker, or its DAG is "
        "paused."
    ): (
        "Regardez l'exécution dans Airflow : elle attend une exécution précédente de la campagne ou un worker libre, "
        "ou son DAG est en pause."
    ),
    "It goes on by itself. If it should not leave so late, mark the run failed in Airflow.": (
        "Elle continue d'elle-même. Si elle ne doit pas partir si tard, marquez l'exécution en échec dans Airflow."
    ),
    "Left: {left} of {people}.": "Partis : {left} sur {people}.",
    "Taken by OVH, and not counted since: {n}.": "Pris par OVH, et pas comptés depuis : {n}.",
    "Waiting at OVH: {n}.": "En attente chez OVH : {n}.",
    "Not submitted yet: {n}.": "Pas encore soumis : {n}.",
    "Not submitted: {n}.": "Non soumis : {n}.",
    "Not known: {n}.": "On ne sait pas : {n}.",
    "Refused by OVH: {n}.": "Refusés par OVH : {n}.",
}
